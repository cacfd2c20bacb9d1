"""Recording: queues that note what crosses them.

Rule: a recording changes nothing. It observes the queues, and no line of the server's threads is
about it.

Threads meet only at queues, so an observer that notes every put and every take has seen everything
that they say to each other. The ends at the sockets show at the queues, too: a reader puts a
message as soon as it has received it, and a writer comes for the next when it has sent the last.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

from msgproxy.events import Received
from msgproxy.observers import QueueObserver
from msgproxy.queues import BatchQueue, Queues
from msgproxy.tracing.hops import FIRST_WORDS, Hop, HopBuffer, HopKind, Item, items_in

MAX_KEPT = 200_000
"""What a recording keeps at most: a hop counts as one, and so does each item in it."""


class Recording(Queues, QueueObserver):
    """Makes queues that are recorded: give it to a server, and ask it for the hops.

    With other `queues`, it records those. It keeps `limit` items at most (see
    `MAX_KEPT`).
    """

    def __init__(
        self, queues: Queues | None = None, *, limit: int = MAX_KEPT, is_on: bool = True
    ) -> None:
        super().__init__(queues)
        self._buffer = HopBuffer(limit)
        self._turned_on = 0
        self._in_hand = threading.local()
        if is_on:
            self.turn_on()

    # Called by any thread.

    def turn_on(self) -> None:
        """Record from now on. It can be turned on several times, and then off as often."""
        with self._buffer.mutex:
            self._turned_on += 1
            if self._turned_on == 1:
                # What a thread took meanwhile was not noted, so it has nothing in hand.
                self._in_hand = threading.local()
                self.observers.add(self)

    def turn_off(self) -> None:
        """Record no longer, unless it was turned on more often than off."""
        with self._buffer.mutex:
            self._turned_on -= 1
            if self._turned_on == 0:
                self.observers.remove(self)

    def latest(self, since: int = 0) -> list[Hop]:
        """Return the last hops from number `since`, oldest first.

        If the first has a higher number, the hops between have been dropped.
        """
        return self._buffer.latest(since)

    def next_number(self) -> int:
        """Return the number that the next hop will get."""
        return self._buffer.next_number

    def hops(self) -> list[Hop]:
        """Return all hops that are kept, in the order of time."""
        return sorted(self.latest(), key=lambda hop: hop.time)

    # Called by the queues, in the thread that puts or takes.

    @contextlib.contextmanager
    def around_put(self, on: BatchQueue[Any], item: Any) -> Iterator[None]:
        """Note that a message was received, as its reader puts it at once; and that it is full."""
        if isinstance(item, Received):
            self._note("received", on, items_in([item]), _first_words(item))
        try:
            yield
        except queue.Full:
            with on.mutex:
                self._note("full", on, items_in([item]))
            raise

    @contextlib.contextmanager
    def around_take(self, on: BatchQueue[Any]) -> Iterator[None]:
        """Note that the thread is done with what it took last."""
        if items := getattr(self._in_hand, "items", ()):
            self._note("handled" if on.name == "inbound" else "sent", on, items)
            self._in_hand.items = ()
        yield

    def on_put(self, on: BatchQueue[Any], item: Any) -> None:
        """Note it."""
        self._note("put", on, items_in([item]))

    def on_take(self, on: BatchQueue[Any], items: Sequence[Any]) -> None:
        """Note it, and remember what the thread has in hand."""
        self._in_hand.items = taken = items_in(items)
        self._note("got", on, taken)

    def on_drop(self, on: BatchQueue[Any], items: Sequence[Any]) -> None:
        """Note it."""
        self._note("lost", on, items_in(items))

    def _note(
        self, kind: HopKind, on: BatchQueue[Any], items: tuple[Item, ...], text: str = ""
    ) -> None:
        now, thread = time.monotonic_ns(), threading.current_thread().name
        depth, size = on.qsize(), on.bytes_waiting
        self._buffer.put(Hop(0, now, thread, kind, on.name, items, depth, size, text))


def _first_words(received: Received) -> str:
    if isinstance(received.message, str):
        return received.message[:FIRST_WORDS]
    return f"{len(received.message)} bytes"
