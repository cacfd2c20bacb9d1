"""An excerpt: as much of a recording as fits into a picture.

Rule: it says what it leaves out.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from msgproxy.events import MessageId
from msgproxy.picture.lanes import client_of
from msgproxy.tracing.hops import Hop, Item, lost

HOPS = 2000
"""More steps than that nobody can look at, nor a browser draw in a moment."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Some hops of a recording."""

    hops: list[Hop]
    left_out: list[str]
    """What is missing, a sentence each, without the full stop."""


def excerpt(hops: list[Hop], messages: int, clients: int) -> Excerpt:
    """Take the last messages of a recording, and the clients that say most of them."""
    left_out = []
    if missing := lost(hops):
        left_out.append(f"The first {missing} hops of the recording are not here")
    hops, note = _last(hops, messages)
    left_out += note
    hops, note = _busiest(hops, clients)
    left_out += note
    if len(hops) > HOPS:
        left_out.append(f"The last {HOPS} of {len(hops)} hops of these")
    return Excerpt(hops[-HOPS:], left_out)


def _last(hops: list[Hop], count: int) -> tuple[list[Hop], list[str]]:
    """Begin where the last messages begin."""
    first: dict[MessageId, int] = {}
    for place, hop in enumerate(hops):
        for item in hop.items:
            if isinstance(item, MessageId):
                first.setdefault(item, place)
    if len(first) <= count:
        return hops, []
    start = sorted(first.values())[-count]
    # A client that was behind may get much older ones now: those are not drawn either.
    old = {item for item, place in first.items() if place < start}
    kept = [_without(hop, old) for hop in hops[start:]]
    return [hop for hop in kept if hop.items], [f"The last {count} of {len(first)} messages"]


def _without(hop: Hop, old: set[MessageId]) -> Hop:
    return hop._replace(items=tuple(item for item in hop.items if item not in old))


def _busiest(hops: list[Hop], count: int) -> tuple[list[Hop], list[str]]:
    talk: Counter[int] = Counter()
    for hop in hops:
        if number := client_of(hop.thread):
            talk[number] += 1000 * (hop.act == "received") + 1
    shown = {
        number for number, _ in sorted(talk.items(), key=lambda one: (-one[1], one[0]))[:count]
    }
    if len(talk) <= count:
        return hops, []

    kept = []
    for hop in hops:
        items = tuple(item for item in hop.items if _speaker(item) in shown | {None})
        if items and {client_of(hop.thread), client_of(hop.queue)} <= shown | {None}:
            kept.append(hop._replace(items=items))
    return kept, [f"{count} of {len(talk)} clients, without what the others do"]


def _speaker(item: Item) -> int | None:
    """Return the client that an item is about."""
    if isinstance(item, MessageId):
        return item.client
    number = item.rpartition(" ")[2]
    return int(number) if number.isdigit() else None
