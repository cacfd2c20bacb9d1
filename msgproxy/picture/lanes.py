"""Lanes: what the names of threads and queues tell.

Rule: nothing is known of them but their names, as they stand in the map of the package.
"""

from __future__ import annotations

import re

from msgproxy.picture.timeline import Lane, SpanKind


def client_of(name: str) -> int | None:
    """Return the number of the client for which a thread or a queue is there."""
    found = re.fullmatch(r"(?:reader|writer|outbound)-(\d+)", name)
    return int(found[1]) if found else None


def event(item: str) -> str:
    """Tell what an item on the inbound queue says; "" if it is another."""
    what, _, number = item.partition(" ")
    verb = {"joined": "joins", "left": "leaves"}.get(what)
    if item == "stopped":
        return "the server stops"
    return f"client {number} {verb}" if verb else ""


def work(thread: str) -> SpanKind:
    """Return what a thread does with what it has taken."""
    return "sends" if thread.startswith("writer-") else "works"


def taker(queue: str) -> str:
    """Return the thread that takes from a queue."""
    found = re.fullmatch(r"outbound-(\d+)", queue)
    return f"writer-{found[1]}" if found else "broker"


def lanes(names: set[str]) -> tuple[Lane, ...]:
    """Put threads and queues into the order of a message's way."""
    stages = ("accept", "reader", "inbound", "broker", "outbound", "writer")

    def place(name: str) -> tuple[int, int, int, str]:
        kind = name.partition("-")[0]
        stage = stages.index(kind) if kind in stages else -1
        # An outbound queue stands beside its writer.
        return min(stage, 4), client_of(name) or 0, stage, name

    return tuple(_lane(name) for name in sorted(names, key=place))


def _lane(name: str) -> Lane:
    if name.partition("-")[0] in ("inbound", "outbound"):
        return Lane(name, is_queue=True, note="queue")
    client = client_of(name)
    return Lane(name, note="thread" if client is None else f"client {client}")
