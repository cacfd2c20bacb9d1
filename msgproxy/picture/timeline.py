"""A timeline: what a picture can show of a run, whatever the run was recorded with.

Rule: plain data that knows neither hops nor pictures. `from_hops` makes one from a recording; for
a run without queues, or one that never took place, write it down by hand.

All times are in ns, from any zero. The functions at the end read what the names of threads,
queues and items say, as the package's map lists them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from msgproxy.events import BRIDGE, MessageId
from msgproxy.tracing.hops import Item

SpanKind = Literal["works", "sends", "waits", "holds"]
TransitEnd = Literal["got", "waiting", "lost", "full"]


@dataclass(frozen=True, slots=True)
class Lane:
    """A column of the picture: a thread or a client, or a queue between them."""

    name: str
    is_queue: bool = False
    note: str = ""
    """A word or two below its name."""
    end: int | None = None
    """When it ended. Nothing is drawn on it after that."""


@dataclass(frozen=True, slots=True)
class Span:
    """What a thread did for a while. Between its spans it is idle: it waits for something to do.

    No two spans of a thread overlap.
    """

    lane: str
    start: int
    end: int
    kind: SpanKind
    """"waits": it has something to do and cannot go on. "holds": a lock, held by a thread."""
    items: tuple[Item, ...] = ()
    is_open: bool = False
    """Its end was not recorded; `end` is the last moment that was."""
    waits_for: str = "room on the queue"
    """What a span that waits is waiting for. Each different one has its own entry in the legend."""


@dataclass(frozen=True, slots=True)
class Transit:
    """The way of one item, from the thread that put it to the thread that got it."""

    item: Item
    source: str
    """The lane of the thread that put it; "" if the recording does not say."""
    put: int | None
    queue: str = ""
    """Where it waited in between; "" if it went straight to its target."""
    target: str = ""
    got: int | None = None
    """When it left the queue, for whatever reason. None: it was still there in the end."""
    end: TransitEnd = "got"

    @property
    def waited(self) -> int | None:
        """Ns that it was on the queue, if both ends were recorded."""
        return None if self.put is None or self.got is None else self.got - self.put


@dataclass(frozen=True, slots=True)
class Annotation:
    """Something that is told in words: what a client says, or what it gets."""

    time: int
    lane: str
    text: str
    """A few words, at the edge of the picture."""
    sentence: str
    """The same, for readers who cannot see the picture."""
    items: tuple[Item, ...] = ()
    is_outcome: bool = False
    """At the right edge, where messages arrive. Otherwise at the left, where they come from."""


@dataclass(frozen=True, slots=True)
class QueueLevel:
    """How much is on a queue, from this time on."""

    time: int
    depth: int
    size: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """A run, as lanes and what happens on them and between them."""

    lanes: tuple[Lane, ...]
    spans: tuple[Span, ...] = ()
    transits: tuple[Transit, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    levels: dict[str, tuple[QueueLevel, ...]] = field(default_factory=dict)
    """By queue, in the order of time."""

    def waited_for(self) -> list[str]:
        """Return what threads wait for in spans that wait, each once, in the order of time."""
        spans = sorted(self.spans, key=lambda span: span.start)
        return list(dict.fromkeys(span.waits_for for span in spans if span.kind == "waits"))

    def times(self) -> list[int]:
        """Return all times at which something happens, each once, in order."""
        found = {annotation.time for annotation in self.annotations}
        found.update(lane.end for lane in self.lanes if lane.end is not None)
        found.update(time for span in self.spans for time in (span.start, span.end))
        for transit in self.transits:
            found.update(time for time in (transit.put, transit.got) if time is not None)
        return sorted(found)


def client_of(name: str) -> int | None:
    """Return the number of the client to which a thread or a queue belongs."""
    found = re.fullmatch(r"(?:reader|writer|outbound)-(\d+)", name)
    return int(found[1]) if found else None


def name_of(number: int | str | None) -> str:
    """Return what a picture calls the client with this number, or the bridge."""
    return "the bridge" if str(number) == str(BRIDGE) else f"client {number}"


def consumer_of(queue: str) -> str:
    """Return the thread that takes from a queue."""
    number = client_of(queue)
    return "broker" if number is None else f"writer-{number}"


def span_kind(thread: str) -> SpanKind:
    """Return what a thread does with the items that it has taken."""
    return "sends" if thread.startswith("writer-") else "works"


def describe(item: Item) -> str:
    """Say what an item on the inbound queue means; "" for a message or anything else."""
    if item == "stopped":
        return "the server stops"
    what, _, number = str(item).partition(" ")
    verb = {"joined": "joins", "left": "leaves"}.get(what)
    return f"{name_of(number)} {verb}" if verb else ""


def lanes_of(names: set[str], ends: dict[str, int]) -> tuple[Lane, ...]:
    """Put threads and queues into the order in which a message passes them."""
    stages = ("accept", "reader", "inbound", "broker", "outbound", "writer")

    def place(name: str) -> tuple[int, int, int, str]:
        kind = name.partition("-")[0]
        stage = stages.index(kind) if kind in stages else -1
        # An outbound queue is drawn next to its writer.
        return min(stage, 4), client_of(name) or 0, stage, name

    return tuple(_lane(name, ends.get(name)) for name in sorted(names, key=place))


def _lane(name: str, end: int | None) -> Lane:
    if name.partition("-")[0] in ("inbound", "outbound"):
        return Lane(name, is_queue=True, note="queue", end=end)
    client = client_of(name)
    return Lane(name, note="thread" if client is None else name_of(client), end=end)


def sender(item: Item) -> int | None:
    """Return the number of the client that sent it; None if it is not a message."""
    return item.client if isinstance(item, MessageId) else None


def senders(items: tuple[Item, ...]) -> set[int | None]:
    """Return the clients that sent these items."""
    return set(map(sender, items))


def in_words(duration: int, digits: int = 3) -> str:
    """Write a duration, given in ns, as a person would, with at least this many digits."""
    for unit, size in (("s", 10**9), ("ms", 10**6), ("µs", 10**3)):
        if duration >= size * (1 - 0.5 / 10**digits):
            value = duration / size
            return f"{value:.{max(digits - len(f'{value:.0f}'), 0)}f} {unit}"
    return f"{duration} ns"
