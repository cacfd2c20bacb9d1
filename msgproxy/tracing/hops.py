"""Hops: the steps of messages from thread to thread, and the ring that keeps the last of them.

Rule: a hop is small and immutable. It never holds a message itself, only its name, and of a
text its first words. And nobody waits to note one: when the ring is full, the oldest go.
"""

from __future__ import annotations

import itertools
import math
import queue
from collections.abc import Iterable
from typing import Literal, NamedTuple

from msgproxy.events import MessageId

Act = Literal["received", "put", "full", "lost", "got", "sent", "handled"]
"""What a thread did with some items.

========  ======  ==========================================================================
act       by      meaning
========  ======  ==========================================================================
received  reader  it has a whole message in hand, and wants to put it
put       any     they are on the queue now (between the two it has waited for room)
full      any     they found no room, and whoever put them was told so
lost      any     the queue threw them away (msgproxy's own does that behind a goodbye only)
got       taker   it took them; between its last hop and this one it has waited
handled   broker  it has put on all outbound queues what follows from them
sent      writer  `sendall` has taken their last byte
========  ======  ==========================================================================
"""

Item = MessageId | str
"""A message by its name; anything else in words, such as "joined 3"."""


class Hop(NamedTuple):
    """One step of some items, on their way from one socket to the others."""

    number: int
    """Of all hops of the recording, from 0."""
    time: int
    """Monotonic, in ns. A put and a get read it with the queue's lock held: so the get is later."""
    thread: str
    act: Act
    queue: str
    items: tuple[Item, ...]
    depth: int
    """How many items are on the queue after it. (One on an outbound queue can be many frames.)"""
    size: int
    """How many bytes that is, as the queue counts."""
    text: str = ""
    """The first words of a message that was received, or what it is."""

    def in_words(self) -> Hop:
        """Return it with all items in words, messages by their names: so JSON can have it."""
        return self._replace(items=tuple(map(str, self.items)))


def lost(hops: Iterable[Hop]) -> int:
    """Count the hops that a recording has forgotten: all before the first that is here."""
    return min((hop.number for hop in hops), default=0)


class Ring(queue.Queue[Hop]):
    """The last hops: a queue that throws away the oldest, and so makes nobody wait."""

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

    def latest(self, since: int, at_most: float = math.inf) -> list[Hop]:
        """Return the last hops, oldest first, from number `since`. They stay where they are."""
        with self.mutex:
            count = min(self.next_number - since, at_most, len(self.queue))
            found = list(itertools.islice(reversed(self.queue), max(0, int(count))))
        return found[::-1]
