"""Step 5: two clients speak at the same moment, and two others hear them in different orders."""

import dataclasses
import sys

from harness import Round, RunningStep, show, turns

from msgproxy.picture import Annotation, Picture, Span, Timeline, draw, timeline_from_hops

ROUNDS = 3000
"""Rounds at most. As a rule it takes less than a hundred."""

OFTEN = 1e-6
"""Seconds that a thread may run while another one waits for its turn: Python's default is 5 ms."""

CAPTION = (
    "Each reader puts on one queue after the other, and may be interrupted between two puts, "
    "while the other one overtakes it. Nothing is lost, but two clients disagree about the order."
    " This was round {number}, with threads that take turns more often than usual. The queues of "
    "clients 1 and 2 are not drawn"
)


def picture() -> Picture:
    """Draw the first round in which clients 3 and 4 hear the same two messages in two orders."""
    sys.setswitchinterval(OFTEN)
    with RunningStep("step05_writers", role="reader") as run:
        for number in (1, 2, 3, 4):
            run.join(number)
        number, last = 1, Round(run)
        while not shows_it(last) and number < ROUNDS:
            number, last = number + 1, Round(run)
        run.stop_noting()
    assert shows_it(last), f"in {ROUNDS} rounds it was not seen"
    return draw(
        timeline(last),
        title="Two messages, two orders",
        caption=CAPTION.format(number=number),
    )


def shows_it(race: Round) -> bool:
    """Whether clients 3 and 4 heard two orders, and the picture can show who was interrupted."""
    return race.order(3) != race.order(4) and bool(waits(race))


def waits(race: Round) -> list[Span]:
    """Return where a reader was interrupted between two puts that are drawn."""
    drawn = timeline_from_hops(race.without("-1", "-2"))
    shown = {span.end for span in drawn.spans} | {each.put for each in drawn.transits}
    boxes = turns(race.hops, "reader-1", "reader-2")
    return [box for box in boxes if box.kind == "waits" and box.end in shown]


def timeline(race: Round) -> Timeline:
    """Add to the hops where each reader was interrupted: that is what decides the order."""
    drawn = timeline_from_hops(race.without("-1", "-2"))
    boxes = turns(race.hops, "reader-1", "reader-2")
    longest = max(waits(race), key=lambda box: box.end - box.start)
    words = f"{longest.lane} is interrupted"
    spans = [span for span in drawn.spans if not span.lane.startswith("reader")]
    return dataclasses.replace(
        drawn,
        spans=(*spans, *boxes),
        annotations=(
            *drawn.annotations,
            Annotation(longest.start, longest.lane, words, words),
        ),
    )


if __name__ == "__main__":
    show(picture)
