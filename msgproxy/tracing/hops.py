"""Hops: the steps of messages from thread to thread, and a buffer that keeps the last of them.

Rule: a hop is small and immutable. It never holds a message itself, only its id, and the first
words of a text. And nobody waits to note one: when the buffer is full, it drops the oldest.
"""

from __future__ import annotations

import itertools
import queue
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from msgproxy.events import Event, Joined, Left, MessageId, OutgoingBatch, Received, Stopped

HopKind = Literal["received", "put", "full", "lost", "got", "sent", "handled"]
"""What a thread did with some items.

========  ======  ==========================================================================
act       by      meaning
========  ======  ==========================================================================
received  reader  it has a whole message in hand, and wants to put it
put       any     they are on the queue now (between the two it has waited for room)
full      any     they found no room, and whoever put them was told so
lost      any     the queue dropped them: an outbound queue after a Close frame, or a bridge's
                  when it has no room
got       taker   it took them; between its last hop and this one it has waited
handled   broker  it has put on all outbound queues what follows from them
sent      writer  the system has taken their last byte (noted when it is back at its queue)
========  ======  ==========================================================================
"""

Item = MessageId | str
"""A message by its name; anything else in words, such as "joined 3"."""


FIRST_WORDS = 40
"""Characters of a text message that a hop keeps, to recognise it by."""


class Hop(NamedTuple):
    """One step of some items, on their way from one socket to the others."""

    number: int
    """Of all hops of the recording, from 0."""
    time: int
    """Monotonic, in ns. A put and a get read it with the queue's lock held: so the get is later."""
    thread: str
    act: HopKind
    queue: str
    items: tuple[Item, ...]
    depth: int
    """How many items are on the queue after it. (One on an outbound queue can be many frames.)"""
    size: int
    """How many bytes that is, as the queue counts."""
    text: str = ""
    """The first words of a message that was received (see `FIRST_WORDS`), or what it is."""

    def in_words(self) -> Hop:
        """Return it with all items in words, messages by their names: so JSON can have it."""
        return self._replace(items=tuple(map(str, self.items)))


def lost(hops: Iterable[Hop]) -> int:
    """Count the hops that a recording had before the first of these.

    If these are all that the recording has kept, it has dropped the others.
    """
    return min((hop.number for hop in hops), default=0)


class HopBuffer(queue.Queue[Hop]):
    """The last hops: a queue that drops the oldest, and so makes nobody wait."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    def _init(self, maxsize: int) -> None:
        super()._init(maxsize)
        self.next_number = 0
        self._weight = 0

    def _put(self, item: Hop) -> None:
        self.queue.append(item._replace(number=self.next_number))
        self.next_number += 1
        self._weight += 1 + len(item.items)
        while self._weight > self.limit and len(self.queue) > 1:
            self._weight -= 1 + len(self.queue.popleft().items)

    def latest(self, since: int) -> list[Hop]:
        """Return the last hops, oldest first, from number `since`. They stay where they are."""
        with self.mutex:
            count = min(self.next_number - since, len(self.queue))
            found = list(itertools.islice(reversed(self.queue), max(0, count)))
        return found[::-1]


def items_in(batch: Sequence[Event | OutgoingBatch]) -> tuple[Item, ...]:
    """Say what is on a queue: messages by their names, all else in words."""
    if len(batch) == 1:  # then no copy: what is for all clients has one and the same tuple
        return _items_of(batch[0])
    return tuple(itertools.chain.from_iterable(map(_items_of, batch)))


def _items_of(each: Event | OutgoingBatch) -> tuple[Item, ...]:
    match each:
        case Received():
            return (each.id,)
        case Joined(session):
            return (f"joined {session.number}",)
        case Left(session):
            return (f"left {session.number}",)
        case Stopped():
            return ("stopped",)
        case OutgoingBatch(messages=messages) if messages:
            return messages
        case OutgoingBatch(frames=frames, is_last=is_last):
            return ("close" if is_last else _control(frames[0]),)
        case _:  # what another class of queue has of its own
            return (type(each).__name__.lower(),)


def _control(frame: bytes) -> str:
    """Name a frame that is not a message, by its first byte (RFC 6455 section 5.2)."""
    return {0x89: "ping", 0x8A: "pong"}.get(frame[0], "welcome")
