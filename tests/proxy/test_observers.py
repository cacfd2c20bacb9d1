"""Who looks at the queues: what an observer is told, and when."""

from __future__ import annotations

import contextlib

from special_queues import item

from msgproxy import InboundQueue, Limits, Queues
from msgproxy.observers import QueueObserver


class Order(QueueObserver):
    """Notes what an observer is told, and in which order."""

    def __init__(self) -> None:
        self.seen = []

    @contextlib.contextmanager
    def around_put(self, queue, item):  # noqa: ARG002
        self.seen.append("before put")
        try:
            yield
        finally:
            self.seen.append("after put")

    @contextlib.contextmanager
    def around_take(self, queue):  # noqa: ARG002
        self.seen.append("before take")
        yield
        self.seen.append("after take")

    def on_put(self, queue, item):
        self.seen.append(("put", item.size, queue.bytes_waiting))

    def on_take(self, queue, items):
        self.seen.append(("take", [item.size for item in items], queue.bytes_waiting))


def test_an_observer_sees_what_crosses_a_queue_as_long_as_it_is_there():
    """Around the calls without the lock, and within them as the queue is by then."""
    queues, order, other = Queues(), Order(), Order()
    inbound = queues.wrap(queues.inbound(Limits()), "inbound")
    inbound.put(item(1))
    queues.observers.add(order)
    queues.observers.add(other)
    inbound.put(item(2))
    inbound.get()
    inbound.take_all()
    queues.observers.remove(order)
    inbound.put(item(3))
    expected = ["before put", ("put", 2, 3), "after put"]
    expected += ["before take", ("take", [1], 2), "after take"]
    expected += ["before take", ("take", [2], 0), "after take"]
    assert order.seen == expected
    assert other.seen == [*expected, "before put", ("put", 3, 3), "after put"]
    assert InboundQueue(100).observers.active == ()


def test_an_observer_that_overrides_nothing_changes_nothing():
    queues = Queues()
    outbound = queues.wrap(queues.outbound(Limits(), 1), "outbound-1")
    queues.observers.add(QueueObserver())
    outbound.put(item(1, is_last=True))
    outbound.put(item(2))  # dropped
    assert outbound.take_all() == [item(1, is_last=True)]
