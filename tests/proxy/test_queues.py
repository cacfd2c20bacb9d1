"""The queues by themselves: bytes as the unit, everything at once, and who waits."""

from __future__ import annotations

import queue
import threading

import pytest
from clients import PATIENCE, wait_for

from msgproxy import InboundQueue, OutboundQueue
from msgproxy.events import OutgoingBatch


def item(size: int, *, is_last: bool = False) -> OutgoingBatch:
    return OutgoingBatch((b"x" * size,), size, is_last=is_last)


def test_take_all_hands_over_everything_that_waits():
    """In the order in which it was put; then the queue is empty."""
    inbound = InboundQueue(100)
    items = [item(n) for n in (1, 2, 3)]
    for one in items:
        inbound.put(one)
    assert (inbound.qsize(), inbound.bytes_waiting) == (3, 6)
    assert inbound.take_all() == items
    assert inbound.empty()
    with pytest.raises(queue.Empty):
        inbound.take_all(timeout=0.01)


def test_a_bound_counts_bytes():
    """A full inbound queue makes who puts wait, however few items there are."""
    inbound = InboundQueue(100)
    inbound.put(item(99), timeout=PATIENCE)
    inbound.put(item(50), timeout=PATIENCE)  # it was not full yet
    with pytest.raises(queue.Full):
        inbound.put(item(1), timeout=0.01)


def test_a_full_inbound_queue_wakes_all_waiting_readers_when_it_is_emptied():
    """There is room for all of them then; waking one, as `get` does, would strand the others."""
    inbound = InboundQueue(100)
    inbound.put(item(100))
    readers = [threading.Thread(target=inbound.put, args=(item(1), True, 60)) for _ in range(5)]
    for reader in readers:
        reader.start()
    wait_for(lambda: len(inbound.not_full._waiters) == 5, "five who wait")
    taken = len(inbound.take_all())
    try:
        wait_for(lambda: inbound.qsize() == 5, "what the five have put")
    finally:
        while taken < 6:  # let go whoever was stranded
            taken += len(inbound.take_all(PATIENCE))
        for reader in readers:
            reader.join(PATIENCE)


def test_an_outbound_queue_is_exact_about_its_limit():
    """The byte that reaches it fits, the next one does not, and nothing of it is accepted."""
    outbound = OutboundQueue(100)
    outbound.put_nowait(item(60))
    with pytest.raises(queue.Full):
        outbound.put_nowait(item(41))
    outbound.put_nowait(item(40))
    assert outbound.bytes_waiting == 100
    with pytest.raises(queue.Full):
        outbound.put(item(1))  # not even `put` waits
    assert len(outbound.take_all()) == 2
    outbound.put_nowait(item(100))


def test_the_last_item_always_fits_and_nothing_follows_it():
    """A full queue still accepts its end mark; and what comes after it is of no use to anyone."""
    outbound = OutboundQueue(100)
    outbound.put_nowait(item(100))
    outbound.put_nowait(item(10, is_last=True))
    outbound.put_nowait(item(1))
    outbound.put_nowait(item(1, is_last=True))
    assert [one.is_last for one in outbound.take_all()] == [False]
    assert (outbound.qsize(), outbound.bytes_waiting, outbound.empty()) == (1, 10, False)
    assert [one.is_last for one in outbound.take_all()] == [True]
    assert outbound.empty()


def test_get_hands_over_one_item_as_of_any_queue():
    """Nobody who knows `queue.Queue` is surprised."""
    inbound = InboundQueue(100)
    inbound.put(item(1))
    inbound.put(item(2))
    assert inbound.get() == item(1)
    assert (inbound.qsize(), inbound.bytes_waiting) == (1, 2)
    assert inbound.get_nowait() == item(2)
    with pytest.raises(queue.Empty):
        inbound.get_nowait()
