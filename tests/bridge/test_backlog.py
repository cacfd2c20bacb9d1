"""What a bridge cannot publish yet: the queue by itself, which drops the oldest and counts them."""

from __future__ import annotations

from msgproxy.bridge.backlog import DropOldestQueue, Dropped
from msgproxy.events import BRIDGE, MessageId, OutgoingBatch


def batch(number: int, *, client: int = 1, is_last: bool = False) -> OutgoingBatch:
    return OutgoingBatch((b"frame",), 100, (MessageId(client, number),), is_last)


def test_as_much_as_fits_stays():
    backlog = DropOldestQueue(1600)
    batches = [batch(number) for number in range(16)]
    for one in batches:
        backlog.put(one)
    assert backlog.take_all() == batches


def test_what_is_dropped_is_said_once_and_first():
    """It drops a sixteenth more than it has to, and no more than that."""
    backlog = DropOldestQueue(1600)
    for number in range(17):
        backlog.put(batch(number))
    assert backlog.bytes_waiting == 1500
    assert backlog.take_all() == [Dropped(2), *(batch(number) for number in range(2, 17))]
    backlog.put(batch(17))
    assert backlog.take_all() == [batch(17)]


def test_what_came_over_the_bridge_is_no_loss():
    backlog = DropOldestQueue(1600)
    for number in range(17):
        backlog.put(batch(number, client=BRIDGE if number == 0 else 1))
    assert backlog.take_all()[0] == Dropped(1)


def test_the_last_item_drops_nothing():
    backlog = DropOldestQueue(100)
    backlog.put(batch(0))
    backlog.put(batch(1, is_last=True))
    assert backlog.take_all() == [batch(0)]
    assert backlog.take_all() == [batch(1, is_last=True)]
