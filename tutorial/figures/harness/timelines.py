"""From the notebook to a timeline: spans, transits and annotations.

Rule: nothing is made up. A span ends where its end was noted, or is left open.
"""

from __future__ import annotations

import dataclasses
import itertools
import sys
from collections.abc import Callable, Iterable

from harness.notes import Note
from harness.step import RunningStep
from msgproxy.check.failure import Unexpected
from msgproxy.picture import Annotation, Picture, Span, Transit
from msgproxy.tracing.hops import Item

BUSY = {"lets in", "received", "has", "gives back", "sends", "sent", "fails", "reads", "writes"}
"""After such a note a thread is at work, until its next one."""

TOLD = {
    *("asks", "stops reading", "reads on", "falls silent", "sends frame", "hangs up", "leaves"),
    *("says", "hears"),
}
"""What is told in words beside the lanes: what clients do, and which thread hangs up."""

CAUSES = {"lets in": "asks", "received": "says", "reads": "sends frame"}
"""By what a thread does, what its client did before."""


def spans(
    run: RunningStep, thread: str, stuck: Note | None = None, *, idle: str = ""
) -> list[Span]:
    """Return what a thread does.

    It waits for the lock where it wants it, and for client 2 where a send is `stuck`. Waiting to
    receive is nothing to draw, unless `idle` says what that waits for.
    """
    reasons = {"wants": "the lock", "receives": idle}
    found: list[Span] = []
    notes = [note for note in run.notes if note.who == thread]
    for note, after in itertools.pairwise([*notes, None]):
        assert note
        reason = "client 2" if note == stuck else reasons.get(note.act, "")
        if not reason and note.act not in BUSY:
            continue
        end = after.time if after else run.notes[-1].time
        items = (note.item,) if note.item else ()
        span = Span(thread, note.time, end, "works", items, is_open=after is None)
        if reason:
            span = dataclasses.replace(span, kind="waits", waits_for=reason)
        elif found and found[-1].kind == "works" and found[-1].end == span.start:
            both = dict.fromkeys(found[-1].items + span.items)
            start = found.pop().start
            span = dataclasses.replace(span, start=start, items=tuple(both))
        found.append(span)
    return found


def waits(lane: str, start: int, end: int, item: Item, what: str) -> Span:
    """Return a span in which a thread waits for `what`, with `item` in hand."""
    return Span(lane, start, end, "waits", (item,), waits_for=what)


def transits(run: RunningStep, clients: Iterable[int] = ()) -> list[Transit]:
    """Return what crosses between clients and threads."""
    drawn = {f"client {number}" for number in clients}
    found = []
    for note in run.notes:
        source: Note | None = None
        if note.act == "hears" and note.who in drawn:
            source = run.find("sends", note.item, whom=note.who)
        elif note.act in CAUSES and note.whom in drawn:
            source = run.find(CAUSES[note.act], note.item, note.whom)
        if source:
            found.append(Transit(note.item, source.who, source.time, "", note.who, note.time))
    return found


def annotations(run: RunningStep, *, threads: bool = False) -> list[Annotation]:
    """Return what clients say, at the left, and what they hear, at the right.

    With `threads`, these words lead to the threads: the clients have no lanes.
    """
    found = []
    for note in run.notes:
        words = f"“{run.notes.words(note.item)}”"
        done = {"asks": "connects", "sends frame": f"sends a {note.item}"}.get(note.act, note.act)
        plain = f"{note.who} {done}"
        text, sentence = {
            "says": (f"{note.who}: {words}", f"{note.who} says {words}"),
            "hears": (f"→ {note.who}: {words}", f"{note.who} receives {words}"),
        }.get(note.act, (plain, plain))
        is_outcome = note.act == "hears"
        if note.act in TOLD:
            sends = run.find("sends", note.item, whom=note.who) if is_outcome else None
            thread = sends.who if sends else note.who.replace("client ", "thread-")
            lane = thread if threads else note.who
            found.append(Annotation(note.time, lane, text, sentence, (note.item,), is_outcome))
    return found


def retry_until(once: Callable[[], Picture | None], at_most: int) -> Picture:
    """Return the picture of the first run that went as it should: not every run does."""
    for _ in range(at_most):
        if picture := once():
            return picture
    raise Unexpected(f"it did not happen in {at_most} runs")


def show(picture: Callable[[], Picture]) -> None:
    """Print a picture."""
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    print(picture())
