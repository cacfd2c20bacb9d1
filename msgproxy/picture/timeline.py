"""A timeline: what can be drawn of a run, whatever it was made of.

Rule: plain data, and nothing in it knows of hops or of pictures. `retrace` makes it from a
recording. A run that has no queues, or that never took place, is written down by hand.

All times are in ns, from any zero.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from msgproxy.events import MessageId
from msgproxy.tracing.hops import Item

SpanKind = Literal["works", "sends", "waits"]
FlightEnd = Literal["got", "waiting", "lost", "full"]


@dataclass(frozen=True, slots=True)
class Lane:
    """A column of the picture: a thread or a client, or a queue between them."""

    name: str
    is_queue: bool = False
    note: str = ""
    """A word or two below its name."""


@dataclass(frozen=True, slots=True)
class Span:
    """What a thread did for a while. Between its spans it is idle: it waits for something to do.

    No two spans of a thread overlap.
    """

    lane: str
    start: int
    end: int
    kind: SpanKind
    """"waits": it has something in hand, and there is no room for it."""
    items: tuple[Item, ...] = ()
    is_open: bool = False
    """Its end has not been seen; `end` is the last that was."""


@dataclass(frozen=True, slots=True)
class Flight:
    """The way of one item, from the thread that put it to the thread that got it."""

    item: Item
    source: str
    """The lane of who put it; "" if that has not been seen."""
    put: int | None
    queue: str = ""
    """Where it waited in between; "" if it went straight to its target."""
    target: str = ""
    got: int | None = None
    """When it left the queue, however it did. None: it was still there in the end."""
    end: FlightEnd = "got"

    @property
    def waited(self) -> int | None:
        """How long it was on the queue, in ns, if both ends have been seen."""
        return None if self.put is None or self.got is None else self.got - self.put


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that is to be told in words: what a client says, or what it gets."""

    time: int
    lane: str
    text: str
    """A few words, to stand at the edge of a picture."""
    sentence: str
    """The same for who does not see the picture."""
    items: tuple[Item, ...] = ()
    is_outcome: bool = False
    """It stands where messages go to, at the right. Otherwise where they come from."""


@dataclass(frozen=True, slots=True)
class Level:
    """How much is on a queue, from this time on."""

    time: int
    depth: int
    size: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """A run, as lanes and what happens on them and between them."""

    lanes: tuple[Lane, ...]
    spans: tuple[Span, ...] = ()
    flights: tuple[Flight, ...] = ()
    marks: tuple[Mark, ...] = ()
    levels: dict[str, tuple[Level, ...]] = field(default_factory=dict)
    """By queue, in the order of time."""
    waits_for: str = "room on the queue"
    """What a thread waits for in its spans that wait."""

    def times(self) -> list[int]:
        """Return all times at which something happens, each once, in order."""
        found = {mark.time for mark in self.marks}
        found.update(time for span in self.spans for time in (span.start, span.end))
        for flight in self.flights:
            found.update(time for time in (flight.put, flight.got) if time is not None)
        return sorted(found)


def sender(item: Item) -> int | None:
    """Return the number of the client that said it; None if it is no message."""
    return item.client if isinstance(item, MessageId) else None


def senders(items: tuple[Item, ...]) -> set[int | None]:
    """Return who said these items."""
    return set(map(sender, items))


def in_words(duration: int, digits: int = 3) -> str:
    """Write a duration, given in ns, as a person would: with so many digits, if not more."""
    for unit, size in (("s", 10**9), ("ms", 10**6), ("µs", 10**3)):
        if duration >= size * (1 - 0.5 / 10**digits):
            value = duration / size
            return f"{value:.{max(digits - len(f'{value:.0f}'), 0)}f} {unit}"
    return f"{duration} ns"
