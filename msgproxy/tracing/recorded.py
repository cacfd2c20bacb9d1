"""Queues that note what crosses them.

Rule: a recorded queue notes what happens and changes nothing, but that the goodbye is taken by
itself. It is made of any class of queue, by putting `Recorded` before it.

Threads meet only at queues, so whoever notes every put and every get has seen everything that
they say to each other. The ends at the sockets show at the queues too: a reader puts a message
as soon as it has received it, and a writer comes for the next when it has sent the last.
"""

from __future__ import annotations

import itertools
import queue
import time
from collections.abc import Callable, Sequence
from threading import current_thread
from typing import Any

from msgproxy.around import put_before
from msgproxy.events import Event, Joined, Left, Outgoing, Received, Stopped
from msgproxy.queues import BatchQueue
from msgproxy.tracing.hops import Act, Hop, Item

FIRST_WORDS = 40
"""Characters of a text message that a hop keeps, to know it again."""


class Recorded(BatchQueue):
    """What comes before a queue's class, so that it notes what crosses it."""

    name: str
    is_on: Callable[[], bool]
    note: Callable[[Hop], None]
    _in_hand: tuple[Item, ...] = ()
    """What the thread that takes has taken last. No other thread uses it."""
    _noted: list[Any]
    """What is on the queue, as far as it has been noted: to see what the queue throws away."""

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Note that a message was received: its reader puts it at once. And whether it fits."""
        if isinstance(item, Received) and self.is_on():
            self._note("received", _items_in([item]), _first_words(item))
        try:
            super().put(item, block, timeout)
        except queue.Full:
            with self.mutex:
                if self.is_on():
                    self._note("full", _items_in([item]))
            raise

    def _put(self, item: Any) -> None:
        if not self.is_on():
            self._noted = []
            super()._put(item)
            return
        if len(self._noted) != len(self._waiting):  # recording has just been switched on
            self._noted = list(self._waiting)
        super()._put(item)
        if any(each is item for each in reversed(self._waiting)):
            self._note("put", _items_in([item]))
        self._noted.append(item)
        if len(self._waiting) < len(self._noted):
            kept = set(map(id, self._waiting))
            lost = [one for one in self._noted if id(one) not in kept]
            self._note("lost", _items_in(lost))
            self._noted = list(self._waiting)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Note that the thread is done with what it has taken last, and take the next."""
        if self._in_hand:
            self._note("handled" if self.name == "inbound" else "sent", self._in_hand)
            self._in_hand = ()
        return super().get(block, timeout)

    def _get(self) -> list[Any]:
        taken = super()._get()
        self._noted = []
        if self.is_on():
            if len(taken) > 1 and getattr(taken[-1], "is_last", False):
                # The goodbye is taken alone. So its writer comes once more, which shows that
                # everything before it has been sent.
                goodbye = taken.pop()
                self._waiting, self._bytes = [goodbye], goodbye.size
            self._noted = list(self._waiting)
            self._in_hand = _items_in(taken)
            self._note("got", self._in_hand)
        return taken

    def _note(self, act: Act, items: tuple[Item, ...], text: str = "") -> None:
        depth, size = len(self._waiting), self._qsize()
        name = current_thread().name
        self.note(Hop(0, time.monotonic_ns(), name, act, self.name, items, depth, size, text))


def record(
    made: queue.Queue[Any], name: str, is_on: Callable[[], bool], note: Callable[[Hop], None]
) -> queue.Queue[Any]:
    """Have a new queue note what crosses it, as `name`, whenever `is_on()`.

    Raise TypeError unless it is a `BatchQueue`: another one cannot tell how deep it is.
    """
    if not isinstance(made, BatchQueue):
        raise TypeError(f"a {type(made).__name__} cannot be recorded: it is no BatchQueue")
    recorded = put_before(Recorded, made)
    recorded.name, recorded.is_on, recorded.note, recorded._noted = name, is_on, note, []
    return recorded


def _items_in(batch: Sequence[Event | Outgoing]) -> tuple[Item, ...]:
    """Say what stands on a queue: messages by their names, all else in words."""
    if len(batch) == 1:  # then no copy: what is for all clients has one and the same tuple
        return _items_of(batch[0])
    return tuple(itertools.chain.from_iterable(map(_items_of, batch)))


def _items_of(each: Event | Outgoing) -> tuple[Item, ...]:
    match each:
        case Received():
            return (each.id,)
        case Joined(session):
            return (f"joined {session.number}",)
        case Left(session):
            return (f"left {session.number}",)
        case Stopped():
            return ("stopped",)
        case Outgoing(messages=messages) if messages:
            return messages
        case Outgoing(frames=frames, is_last=is_last):
            return ("goodbye" if is_last else _control(frames[0]),)
        case _:  # what another class of queue has of its own
            return (type(each).__name__.lower(),)


def _control(frame: bytes) -> str:
    """Name a frame that is no message, by its first byte (RFC 6455 section 5.2)."""
    return {0x89: "ping", 0x8A: "pong"}.get(frame[0], "welcome")


def _first_words(received: Received) -> str:
    if isinstance(received.message, str):
        return received.message[:FIRST_WORDS]
    return f"{len(received.message)} bytes"
