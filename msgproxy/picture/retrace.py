"""From the hops of a recording to its timeline.

Rule: nothing is made up. A recording may begin and end in the middle: what came before the first
hop, or after the last, is left open.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable

from msgproxy.picture.lanes import client_of, event, lanes, taker, work
from msgproxy.picture.timeline import (
    Flight,
    FlightEnd,
    Level,
    Mark,
    Span,
    SpanKind,
    Timeline,
    in_words,
)
from msgproxy.tracing.hops import Hop, Item


def retrace(hops: Iterable[Hop]) -> Timeline:
    """Make a timeline of hops, which are in the order of time."""
    steps = _Steps()
    for hop in hops:
        steps.take(hop)
    return steps.timeline()


def quote(item: Item, texts: dict[Item, str]) -> str:
    """Return what a message says, as far as it is known; else its name."""
    return f"“{texts[item]}”" if texts.get(item) else f"message {item}"


class _Steps:
    """The hops so far, and what is still open of them."""

    def __init__(self) -> None:
        self._spans: list[Span] = []
        self._flights: list[Flight] = []
        self._marks: list[Mark] = []
        self._levels: dict[str, list[Level]] = defaultdict(list)
        self._names: set[str] = set()
        self._last: dict[str, Hop] = {}
        """The last hop of each thread."""
        self._on: defaultdict[tuple[str, Item], deque[Hop]] = defaultdict(deque)
        """The puts of what is on a queue."""
        self._in_hand: dict[str, Hop] = {}
        """By thread: what it has received and not put, or got and not done with."""
        self._got_at: dict[str, int] = {}
        self._received: dict[Item, Hop] = {}
        self._texts: dict[Item, str] = {}

    def take(self, hop: Hop) -> None:
        """Add a hop."""
        self._names |= {hop.thread, hop.queue}
        match hop.act:
            case "received":
                self._receive(hop)
            case "put":
                self._put(hop)
            case "full":
                self._refuse(hop)
            case "lost":
                self._end(hop, "", "lost")
            case "got":
                self._get(hop)
            case "handled" | "sent":
                self._finish(hop)
        if hop.act in ("put", "got", "lost"):
            self._levels[hop.queue].append(Level(hop.time, hop.depth, hop.size))
        self._last[hop.thread] = hop

    def timeline(self) -> Timeline:
        """Return what has been found, with open ends where no end has been seen."""
        self._leave_open()
        for (queue, item), puts in self._on.items():
            for put in puts:
                self._flights.append(
                    Flight(item, put.thread, put.time, queue, taker(queue), None, "waiting")
                )
        return Timeline(
            lanes(self._names),
            tuple(sorted(self._spans, key=lambda span: span.start)),
            tuple(self._flights),
            tuple(sorted(self._marks, key=lambda mark: mark.time)),
            {queue: tuple(levels) for queue, levels in self._levels.items()},
        )

    def _leave_open(self) -> None:
        end = max((hop.time for hop in self._last.values()), default=0)
        for thread, hop in self._in_hand.items():
            kind: SpanKind = "waits" if hop.act == "received" else work(thread)
            # After its last item a thread comes to no queue any more.
            is_last = hop.items[-1] in ("goodbye", "stopped")
            until = self._last[thread].time if is_last else end
            self._spans.append(Span(thread, hop.time, until, kind, hop.items, True))

    def _receive(self, hop: Hop) -> None:
        self._in_hand[hop.thread] = hop
        for item in hop.items:
            self._received[item], self._texts[item] = hop, hop.text
            said, client = quote(item, self._texts), f"client {client_of(hop.thread)}"
            self._mark(hop, f"{client}: {said}", f"{client} says {said}")

    def _put(self, hop: Hop) -> None:
        received = self._in_hand.get(hop.thread)
        if received and received.act == "received" and received.items == hop.items:
            del self._in_hand[hop.thread]
            # Room there was only when the taker had come.
            waited = self._got_at.get(hop.queue, -1) >= received.time
            kind: SpanKind = "waits" if waited else "works"
            self._spans.append(Span(hop.thread, received.time, hop.time, kind, hop.items))
        for item in hop.items:
            self._on[hop.queue, item].append(hop)
            if isinstance(item, str) and (what := event(item)):
                self._mark(hop, what, what)

    def _refuse(self, hop: Hop) -> None:
        for item in hop.items:
            self._flights.append(
                Flight(item, hop.thread, hop.time, hop.queue, "", hop.time, "full")
            )
        items = ", ".join(map(str, hop.items))
        self._mark(
            hop, f"{hop.queue} is full", f"the queue {hop.queue} is full and refuses {items}"
        )

    def _get(self, hop: Hop) -> None:
        self._got_at[hop.queue] = hop.time
        self._end(hop, hop.thread, "got")
        before = self._in_hand.get(hop.thread)
        if before:  # its end has been lost
            end = self._last[hop.thread].time
            kind = work(hop.thread)
            self._spans.append(Span(hop.thread, before.time, end, kind, before.items, True))
        self._in_hand[hop.thread] = hop

    def _end(self, hop: Hop, target: str, how: FlightEnd) -> None:
        for item in hop.items:
            puts = self._on[hop.queue, item]
            put = puts.popleft() if puts else None
            source, since = (put.thread, put.time) if put else ("", None)
            self._flights.append(Flight(item, source, since, hop.queue, target, hop.time, how))

    def _finish(self, hop: Hop) -> None:
        got = self._in_hand.pop(hop.thread, None)
        if got:
            self._spans.append(Span(hop.thread, got.time, hop.time, work(hop.thread), hop.items))
        if hop.act == "sent":
            self._tell(hop)

    def _tell(self, hop: Hop) -> None:
        said = [item if isinstance(item, str) else quote(item, self._texts) for item in hop.items]
        client = f"client {client_of(hop.thread)}"
        count = f"{len(said)} messages: " if len(said) > 1 else ""
        first = self._received.get(hop.items[0])
        later = f", {in_words(hop.time - first.time)} after it was received" if first else ""
        everything = ", ".join(said)
        self._mark(hop, f"→ {client}: {count}{everything}", f"{client} is sent {everything}{later}")

    def _mark(self, hop: Hop, text: str, sentence: str) -> None:
        is_outcome = hop.act in ("sent", "full")
        self._marks.append(Mark(hop.time, hop.thread, text, sentence, hop.items, is_outcome))
