"""From notes to a timeline: what its columns, boxes, arrows and words are made of.

Rule: nothing is made up. A box ends where its end was noted, or is left open.
"""

from __future__ import annotations

import dataclasses
import itertools
import sys
from collections.abc import Callable, Iterable

from harness.notes import Note
from harness.step import Observed
from msgproxy.check.failure import Surprise
from msgproxy.picture import Flight, Mark, Picture, Span, Timeline, draw
from msgproxy.picture.timeline import SpanKind

BUSY = {"lets in", "received", "has", "gives back", "sends", "sent", "fails", "reads", "writes"}
"""After such a note a thread is at work, until its next one."""

TOLD = {
    *("asks", "stops reading", "reads on", "falls silent", "sends frame", "hangs up", "leaves"),
    *("says", "hears"),
}
"""What clients do, and who hangs up: it stands in words beside the columns."""


def spans(run: Observed, thread: str, *stuck: Note | None) -> list[Span]:
    """Return what a thread does. While it waits to receive, it does nothing.

    It waits for the lock where it wants it; and in each call of `send` that is `stuck`.
    """
    found: list[Span] = []
    notes = [note for note in run.notes if note.who == thread]
    for note, after in itertools.pairwise([*notes, None]):
        assert note
        if not (note.act in BUSY or note.act == "wants"):
            continue
        kind: SpanKind = "waits" if note.act == "wants" or note in stuck else "works"
        span = Span(
            thread,
            note.time,
            after.time if after else run.notes[-1].time,
            kind,
            (note.item,) if note.item else (),
            is_open=after is None,
        )
        if found and kind == found[-1].kind == "works" and found[-1].end == span.start:
            span = dataclasses.replace(
                span,
                start=found[-1].start,
                items=tuple(dict.fromkeys(found.pop().items + span.items)),
            )
        found.append(span)
    return found


def flights(run: Observed, clients: Iterable[int] = ()) -> list[Flight]:
    """Return what crosses between clients and threads: from who sends to who receives."""
    drawn = {f"client {number}" for number in clients}
    found = []
    for note in run.notes:
        source: Note | None = None
        if note.act == "received" and note.whom in drawn:
            source = run.find("says", note.item)
        elif note.act == "reads" and note.whom in drawn:
            source = run.find("sends frame", note.item, note.whom)
        elif note.act == "lets in" and note.whom in drawn:
            source = run.find("asks", note.item)
        elif note.act == "hears" and note.who in drawn:
            source = run.find("sends", note.item, whom=note.who)
        if source:
            found.append(Flight(note.item, source.who, source.time, "", note.who, note.time))
    return found


def marks(run: Observed, *, threads: bool = False) -> list[Mark]:
    """Return what clients say, at the left, and what they hear, at the right.

    With `threads`, these words lead to the threads: the clients have no columns.
    """
    found = []
    for note in run.notes:
        words = f"“{run.words(note.item)}”"
        done = {"asks": "connects", "sends frame": f"sends a {note.item}"}.get(note.act, note.act)
        plain = f"{note.who} {done}"
        text, sentence = {
            "says": (f"{note.who}: {words}", f"{note.who} says {words}"),
            "hears": (f"→ {note.who}: {words}", f"{note.who} hears {words}"),
        }.get(note.act, (plain, plain))
        is_outcome = note.act == "hears"
        if note.act in TOLD:
            sends = run.find("sends", note.item, whom=note.who) if is_outcome else None
            thread = sends.who if sends else note.who.replace("client ", "thread-")
            lane = thread if threads else note.who
            found.append(Mark(note.time, lane, text, sentence, (note.item,), is_outcome))
    return found


def draw_waiting(
    timeline: Timeline, *, title: str, caption: str, what: str = "something"
) -> Picture:
    """Draw a run without queues: where a thread waits, it is for `what`."""
    return draw(dataclasses.replace(timeline, waits_for=what), title=title, caption=caption)


def attempt(once: Callable[[], Picture | None], at_most: int) -> Picture:
    """Return a run's picture, as soon as the run has gone as it was to go: not each one does."""
    for _ in range(at_most):
        if picture := once():
            return picture
    raise Surprise(f"in {at_most} runs it did not happen")


def show(picture: Callable[[], Picture]) -> None:
    """Print a picture."""
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    print(picture())
