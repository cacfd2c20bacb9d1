"""From the hops of a recording to a timeline, and which part of a recording fits into a picture.

Rule: nothing is made up. A recording may begin and end in the middle: what came before the first
hop, or after the last, is left open. And what an excerpt leaves out, it says.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, replace

from msgproxy.events import BRIDGE, MessageId
from msgproxy.picture.timeline import (
    Annotation,
    QueueLevel,
    Span,
    SpanKind,
    Timeline,
    Transit,
    TransitEnd,
    client_of,
    consumer_of,
    describe,
    in_words,
    lanes_of,
    name_of,
    span_kind,
)
from msgproxy.tracing.hops import FIRST_WORDS, Hop, HopKind, Item, lost

HOPS = 2000
"""Hops of a picture at most. Nobody can read more, and a browser takes too long to draw them."""


def timeline_from_hops(hops: Iterable[Hop]) -> Timeline:
    """Make a timeline of hops, which are in the order of time."""
    builder = TimelineBuilder()
    for hop in hops:
        builder.add(hop)
    return builder.timeline()


def quote(item: Item, texts: dict[Item, str]) -> str:
    """Return what a message says, as far as it is known; else its name."""
    text = texts.get(item)
    if not text:
        return f"message {item}"
    # So a hop names a binary message. If a text says the same, it is not quoted either.
    if re.fullmatch(r"[0-9]+ bytes", text):
        return text
    # A text of just this length may be whole: the hop does not say.
    return f"“{text}…”" if len(text) == FIRST_WORDS else f"“{text}”"


class TimelineBuilder:
    """The hops so far, and what they have left open."""

    def __init__(self) -> None:
        self._spans: list[Span] = []
        self._transits: list[Transit] = []
        self._annotations: list[Annotation] = []
        self._levels: dict[str, list[QueueLevel]] = defaultdict(list)
        self._names: set[str] = set()
        self._last: dict[str, Hop] = {}
        """The last hop of each thread."""
        self._on: defaultdict[tuple[str, Item], deque[Hop]] = defaultdict(deque)
        """The puts of the items that are on a queue."""
        self._in_hand: dict[str, Hop] = {}
        """By thread: what it has received and not put, or got and not finished."""
        self._changes: defaultdict[str, list[HopKind]] = defaultdict(list)
        """By queue: each put, get and loss so far."""
        self._changes_before: dict[str, int] = {}
        """By thread: how many of them there were when it received what it has in hand."""
        self._received: dict[Item, Hop] = {}
        self._texts: dict[Item, str] = {}
        self._ends: dict[str, int] = {}
        """By thread and queue: when its session had ended."""

    def add(self, hop: Hop) -> None:
        """Add the next hop."""
        self._names |= {hop.thread, hop.queue}
        match hop.act:
            case "received":
                self._receive(hop)
            case "put":
                self._put(hop)
            case "full":
                self._refuse(hop)
            case "lost":
                self._leave_queue(hop, "", "lost")
            case "got":
                self._get(hop)
            case "handled" | "sent":
                self._finish(hop)
        if hop.act in ("put", "got", "lost"):
            self._levels[hop.queue].append(QueueLevel(hop.time, hop.depth, hop.size))
            self._changes[hop.queue].append(hop.act)
        alive = {hop.thread, hop.queue} & self._ends.keys()  # after all
        self._ends.update(dict.fromkeys(alive, hop.time))
        self._last[hop.thread] = hop

    def timeline(self) -> Timeline:
        """Return what was found, with open ends where no end was recorded."""
        self._leave_open()
        for (queue, item), puts in self._on.items():
            end = self._ends.get(queue)
            how: TransitEnd = "waiting" if end is None else "lost"
            for put in puts:
                target = consumer_of(queue)
                transit = Transit(item, put.thread, put.time, queue, target, end, how)
                self._transits.append(transit)
        return Timeline(
            lanes_of(self._names, self._ends),
            tuple(sorted(self._spans, key=lambda span: span.start)),
            tuple(self._transits),
            tuple(sorted(self._annotations, key=lambda annotation: annotation.time)),
            {queue: tuple(levels) for queue, levels in self._levels.items()},
        )

    def _leave_open(self) -> None:
        end = max((hop.time for hop in self._last.values()), default=0)
        full = {consumer_of(each.queue) for each in self._transits if each.end == "full"}
        for thread, hop in self._in_hand.items():
            kind: SpanKind = "waits" if hop.act == "received" else span_kind(thread)
            # After its last item a thread takes from no queue again, so no hop shows its end.
            is_last = hop.items[-1] in ("close", "stopped")
            until = self._last[thread].time if is_last else self._ends.get(thread, end)
            span = Span(thread, hop.time, until, kind, hop.items, True)
            if kind == "sends" and thread in full and not is_last:  # was cut off in it
                span = replace(span, kind="waits", is_open=False, waits_for="its client to read")
            self._spans.append(span)

    def _receive(self, hop: Hop) -> None:
        self._in_hand[hop.thread] = hop
        self._changes_before[hop.thread] = len(self._changes[hop.queue])
        for item in hop.items:
            self._received[item], self._texts[item] = hop, hop.text
            said, client = quote(item, self._texts), name_of(client_of(hop.thread))
            self._annotate(hop, f"{client}: {said}", f"{client} says {said}")

    def _put(self, hop: Hop) -> None:
        received = self._in_hand.get(hop.thread)
        if received and received.act == "received" and received.items == hop.items:
            del self._in_hand[hop.thread]
            # A full queue lets nobody put. So it was full only if the next change was a get.
            before = self._changes_before[hop.thread]
            waited = self._changes[hop.queue][before : before + 1] == ["got"]
            kind: SpanKind = "waits" if waited else "works"
            self._spans.append(Span(hop.thread, received.time, hop.time, kind, hop.items))
        for item in hop.items:
            self._on[hop.queue, item].append(hop)
            if what := describe(item):
                self._annotate(hop, what, what)
            if str(item).startswith("left "):
                number = str(item).removeprefix("left ")
                self._end(hop, f"reader-{number}", f"writer-{number}", f"outbound-{number}")

    def _end(self, hop: Hop, *names: str) -> None:
        """Note that these end now. If a later hop is about one of them, it ends then."""
        self._ends.update(dict.fromkeys(self._names.intersection(names), hop.time))

    def _refuse(self, hop: Hop) -> None:
        for item in hop.items:
            self._transits.append(
                Transit(item, hop.thread, hop.time, hop.queue, "", hop.time, "full")
            )
        items = ", ".join(map(str, hop.items))
        self._annotate(
            hop, f"{hop.queue} is full", f"the queue {hop.queue} is full and refuses {items}"
        )
        if client_of(hop.queue) is not None:  # its client is cut off
            self._end(hop, hop.queue, consumer_of(hop.queue))

    def _get(self, hop: Hop) -> None:
        self._leave_queue(hop, hop.thread, "got")
        before = self._in_hand.get(hop.thread)
        if before:  # the hop that ended it is not in the recording
            end = self._last[hop.thread].time
            kind = span_kind(hop.thread)
            self._spans.append(Span(hop.thread, before.time, end, kind, before.items, True))
        self._in_hand[hop.thread] = hop

    def _leave_queue(self, hop: Hop, target: str, how: TransitEnd) -> None:
        for item in hop.items:
            puts = self._on[hop.queue, item]
            is_word = not isinstance(item, MessageId)
            if how == "lost" and is_word and self._on[hop.queue, "close"]:
                puts = deque()  # refused after the Close frame: an equal word may be on the queue
            put = puts.popleft() if puts else None
            source, since = (put.thread, put.time) if put else ("", None)
            self._transits.append(Transit(item, source, since, hop.queue, target, hop.time, how))

    def _finish(self, hop: Hop) -> None:
        got = self._in_hand.pop(hop.thread, None)
        if got:
            kind = span_kind(hop.thread)
            self._spans.append(Span(hop.thread, got.time, hop.time, kind, hop.items))
        if hop.act == "sent":
            self._annotate_sent(hop)

    def _annotate_sent(self, hop: Hop) -> None:
        said = [item if isinstance(item, str) else quote(item, self._texts) for item in hop.items]
        client = name_of(client_of(hop.thread))
        messages = sum(isinstance(item, MessageId) for item in hop.items)
        count = f"{messages} messages: " if messages > 1 else ""
        first = self._received.get(hop.items[0])
        later = f", {in_words(hop.time - first.time)} after it was received" if first else ""
        everything = ", ".join(said)
        sentence = f"{client} is sent {everything}{later}"
        self._annotate(hop, f"→ {client}: {count}{everything}", sentence)

    def _annotate(self, hop: Hop, text: str, sentence: str) -> None:
        is_outcome = hop.act in ("sent", "full")
        self._annotations.append(
            Annotation(hop.time, hop.thread, text, sentence, hop.items, is_outcome)
        )


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The hops of a recording that fit into a picture."""

    hops: list[Hop]
    left_out: list[str]
    """What is missing, a sentence each, without the full stop."""


def excerpt(hops: list[Hop], messages: int, clients: int) -> Excerpt:
    """Take the last messages of a recording, and the clients that say most of them."""
    left_out = []
    if missing := lost(hops):
        left_out.append(f"The recording's first {missing} hops are not drawn")
    hops, note = _last(hops, messages)
    left_out += note
    hops, note = _busiest(hops, clients)
    left_out += note
    if len(hops) > HOPS:
        left_out.append(f"Of these, the last {HOPS} of {len(hops)} hops")
    return Excerpt(hops[-HOPS:], left_out)


def _last(hops: list[Hop], count: int) -> tuple[list[Hop], list[str]]:
    """Keep the hops of the last messages."""
    first: dict[MessageId, int] = {}
    for place, hop in enumerate(hops):
        for item in hop.items:
            if isinstance(item, MessageId):
                first.setdefault(item, place)
    if len(first) <= count:
        return hops, []
    start = sorted(first.values())[-count]
    # A lagging client may still get much older messages now: those are not drawn either.
    old = {item for item, place in first.items() if place < start}
    kept = [_without(hop, old) for hop in hops[start:]]
    return [hop for hop in kept if hop.items], [f"The last {count} of {len(first)} messages"]


def _without(hop: Hop, old: set[MessageId]) -> Hop:
    return hop._replace(items=tuple(item for item in hop.items if item not in old))


def _busiest(hops: list[Hop], count: int) -> tuple[list[Hop], list[str]]:
    talk: Counter[int] = Counter()
    for hop in hops:
        if (number := client_of(hop.thread)) is not None:
            talk[number] += 1000 * (hop.act == "received") + 1
    places = max(1, count - (BRIDGE in talk))  # the bridge has one of them
    clients = sorted(talk.keys() - {BRIDGE}, key=lambda number: (-talk[number], number))
    if len(clients) <= places:
        return hops, []

    shown = {None, BRIDGE, *clients[:places]}
    kept = []
    for hop in hops:
        items = tuple(item for item in hop.items if _speaker(item) in shown)
        if items and {client_of(hop.thread), client_of(hop.queue)} <= shown:
            kept.append(hop._replace(items=items))
    return kept, [f"{places} of {len(clients)} clients, without the others"]


def _speaker(item: Item) -> int | None:
    """Return the client that an item is about."""
    if isinstance(item, MessageId):
        return item.client
    number = item.rpartition(" ")[2]
    return int(number) if number.isdigit() else None
