"""The queues by themselves: bytes as the unit, everything at once, and who waits."""

from __future__ import annotations

import queue
import threading

import pytest
from clients import PATIENCE, wait_for
from special_queues import item

from msgproxy import InboundQueue, Limits, OutboundQueue, Queues


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
    """An item that reaches it fits; one more byte, and the queue refuses the whole item."""
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


def test_take_all_waits_on_when_get_was_faster():
    """What woke it has been taken. It returns no empty list."""
    inbound = InboundQueue(100)
    inbound.put(item(1))
    assert inbound.get(timeout=PATIENCE) == item(1)
    with pytest.raises(queue.Empty):
        inbound.take_all(timeout=0.01)
    inbound.put(item(2))
    assert inbound.take_all(timeout=PATIENCE) == [item(2)]


def test_threads_in_get_and_in_take_all_wake_each_other():
    """They wait in the same way, and none waits next to an item."""
    inbound = InboundQueue(100)
    got = []
    threads = [
        threading.Thread(target=lambda: got.append(inbound.get(timeout=PATIENCE))),
        threading.Thread(target=lambda: got.append(inbound.get(timeout=PATIENCE))),
        threading.Thread(target=lambda: got.extend(inbound.take_all(PATIENCE))),
    ]
    for thread in threads:
        thread.start()
    for count in (1, 2, 3):
        inbound.put(item(count))
        wait_for(lambda: len(got) == count, f"{count} to be taken")  # noqa: B023
    for thread in threads:
        thread.join(PATIENCE)
    assert sorted(one.size for one in got) == [1, 2, 3]


def test_what_get_leaves_wakes_the_next_thread():
    inbound = InboundQueue(100)
    inbound.put(item(1))
    inbound.put(item(2))
    assert inbound.get(timeout=PATIENCE) == item(1)
    assert inbound.take_all(timeout=PATIENCE) == [item(2)]
    with pytest.raises(queue.Empty):
        inbound.get(timeout=0.01)


def test_a_hook_may_drop_everything_and_the_queue_works_on():
    class DropWhatIsLarge(InboundQueue):
        def _put(self, item):
            super()._put(item)
            if self._bytes > 10:
                self._waiting.clear()
                self._bytes = 0

    inbound = DropWhatIsLarge(100)
    for size in (1, 20, 20):
        inbound.put(item(size))
    with pytest.raises(queue.Empty):
        inbound.take_all(timeout=0.01)
    inbound.put(item(2))
    inbound.put(item(3))
    assert inbound.take_all(timeout=PATIENCE) == [item(2), item(3)]


def test_a_hook_that_fails_leaves_what_waits_to_the_next_call():
    """A broker that dies in `take_all` still has to empty the queue: readers wait for room."""
    inbound = InboundQueue(100)
    take = inbound._take_all

    def fail_once():
        inbound._take_all = take
        raise ZeroDivisionError("a bug, on purpose")

    inbound._take_all = fail_once
    inbound.put(item(1))
    with pytest.raises(ZeroDivisionError):
        inbound.take_all(timeout=PATIENCE)
    assert inbound.take_all(timeout=PATIENCE) == [item(1)]


def test_threads_that_take_all_share_the_items():
    """Each item is taken by one of them, and none waits next to an item."""
    inbound = InboundQueue(10_000)
    taken = [[] for _ in range(4)]

    def take(mine):
        while not any(one.is_last for one in mine):
            mine += inbound.take_all(PATIENCE)

    threads = [threading.Thread(target=take, args=(mine,)) for mine in taken]
    for thread in threads:
        thread.start()
    for size in range(1, 101):
        inbound.put(item(size))
    wait_for(inbound.empty, "all to be taken")
    for _ in threads:
        inbound.put(item(1, is_last=True))
        wait_for(inbound.empty, "the end mark to be taken")
    for thread in threads:
        thread.join(PATIENCE)
    sizes = [one.size for mine in taken for one in mine if not one.is_last]
    assert sorted(sizes) == list(range(1, 101))


class Innermost(Queues):
    """Queues that can be told from those of any other class."""

    allows_viewers = True

    def __init__(self) -> None:
        super().__init__()
        self.calls = []

    def inbound(self, limits):
        return InboundQueue(limits.inbound_limit + 1)

    def outbound(self, limits, number):
        return OutboundQueue(limits.outbound_limit + number)

    def wrap(self, made, name):
        self.calls.append(name)
        return super().wrap(made, name)

    def viewer_queue(self, take_snapshot, target):
        self.calls.append(target)
        return OutboundQueue(int(take_snapshot is not None))

    def on_stopping(self):
        self.calls.append("stopping")


def test_queues_that_are_given_others_make_theirs():
    """Whatever is asked of the outermost reaches the innermost: so they can be stacked."""
    innermost = Innermost()
    stacked = Queues(Queues(innermost))
    limits = Limits()
    assert stacked.inbound(limits).maxsize == limits.inbound_limit + 1
    outbound = stacked.wrap(stacked.outbound(limits, 7), "outbound-7")
    assert (outbound.limit, outbound.name) == (limits.outbound_limit + 7, "outbound-7")
    assert outbound.observers is stacked.observers is innermost.observers
    assert stacked.allows_viewers
    assert stacked.viewer_queue(lambda: None, "/trace").limit == 1
    stacked.on_stopping()
    assert innermost.calls == ["outbound-7", "/trace", "stopping"]


def test_queues_allow_no_viewers_unless_they_say_so():
    assert not Queues().allows_viewers
    assert not Queues(Queues()).allows_viewers
    with pytest.raises(NotImplementedError):
        Queues(Queues()).viewer_queue(lambda: None, "/trace")
