"""Queues for tests, and items to put on them.

Given to `Server(queues=...)`, these queues see or change what crosses threads.
"""

from __future__ import annotations

import threading

from clients import PATIENCE

from msgproxy import InboundQueue, OutboundQueue, Queues
from msgproxy.events import OutgoingBatch, Received


def item(size: int, *, is_last: bool = False) -> OutgoingBatch:
    """Return an item that counts as `size` bytes on a queue."""
    return OutgoingBatch((b"x" * size,), size, is_last=is_last)


class Held(Queues):
    """Makes queues at which a thread waits, while the test has cleared `go`."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.go.set()
        self.is_waiting = threading.Event()
        """A thread has something in hand, and may not go on."""


class HeldUp(Held):
    """Makes an inbound queue that keeps the broker waiting, with what it has just taken."""

    def inbound(self, limits):
        go, is_waiting = self.go, self.is_waiting

        class HeldUpQueue(InboundQueue):
            def take_all(self, timeout=None):
                everything = super().take_all(timeout)
                if not go.is_set():
                    is_waiting.set()
                assert go.wait(PATIENCE), "the test held the broker up and never let it go"
                return everything

        return HeldUpQueue(limits.inbound_limit)


class HeldReaders(Held):
    """Makes an inbound queue that keeps readers waiting with a message, before they put it."""

    def inbound(self, limits):
        go, is_waiting = self.go, self.is_waiting

        class HeldReadersQueue(InboundQueue):
            def put(self, item, *args):
                if isinstance(item, Received) and not go.is_set():
                    is_waiting.set()
                    assert go.wait(PATIENCE), "the test held a reader up and never let it go"
                super().put(item, *args)

        return HeldReadersQueue(limits.inbound_limit)


class HeldWriters(Queues):
    """Makes outbound queues that keep their writers waiting, before they take."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.go.set()

    def outbound(self, limits, number):  # noqa: ARG002
        go = self.go

        class HeldUpQueue(OutboundQueue):
            def _init(self, maxsize):
                super()._init(maxsize)
                self.has_item = threading.Event()

            def _put(self, item):
                super()._put(item)
                self.has_item.set()

            def take_all(self, timeout=None):
                while not self.qsize():
                    self.has_item.wait()
                    self.has_item.clear()
                assert go.wait(PATIENCE), "the test held a writer up and never let it go"
                return super().take_all(timeout)

        return HeldUpQueue(limits.outbound_limit)


class Counting(Queues):
    """Makes an inbound queue that keeps what the readers put on it."""

    def __init__(self) -> None:
        self.taken = []

    def inbound(self, limits):
        taken = self.taken

        class CountingQueue(InboundQueue):
            def _put(self, item):
                taken.append(item)
                super()._put(item)

        return CountingQueue(limits.inbound_limit)


class Failing(Queues):
    """Makes queues that fail once: "inbound" kills the broker with it, "outbound" a writer."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.armed = threading.Event()

    def inbound(self, limits):
        return self._arm(super().inbound(limits), "inbound")

    def outbound(self, limits, number):
        return self._arm(super().outbound(limits, number), "outbound")

    def _arm(self, queue, where):
        take = queue._take_all

        def fail_once():
            if self.armed.is_set() and self.where == where:
                self.armed.clear()
                raise ZeroDivisionError("a bug, on purpose")
            return take()

        queue._take_all = fail_once
        return queue
