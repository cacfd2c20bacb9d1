"""Step 5: two clients speak at the same moment, and two others hear them in different orders."""

import dataclasses
import itertools
import sys

from harness import Round, RunningStep, show

from msgproxy.picture import Annotation, Picture, Span, Timeline, draw, timeline_from_hops
from msgproxy.tracing.hops import Hop

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
    with RunningStep("step05_writers") as run:
        for number in (1, 2, 3, 4):
            run.join(number)
        number, found = 0, None
        while not found and number < ROUNDS:
            number, found = number + 1, timeline(Round(run))
        run.stop_noting()
    assert found, f"in {ROUNDS} rounds it was not seen"
    return draw(found, title="Two messages, two orders", caption=CAPTION.format(number=number))


def timeline(race: Round) -> Timeline | None:
    """Add to the hops where each reader was interrupted: that is what decides the order.

    Return None if clients 3 and 4 heard one order, or if it would not show who was interrupted.
    """
    if race.order(3) == race.order(4):
        return None
    drawn = timeline_from_hops(race.without("-1", "-2"))
    shown = {span.end for span in drawn.spans} | {each.put for each in drawn.transits}
    boxes = turns(race.hops)
    waits = [box for box in boxes if box.kind == "waits" and box.end in shown]
    if not waits:
        return None
    longest = max(waits, key=lambda box: box.end - box.start)
    words = f"{longest.lane} is interrupted"
    told = Annotation(longest.start, longest.lane, words, words)
    spans = [span for span in drawn.spans if not span.lane.startswith("reader")]
    annotations = (*drawn.annotations, told)
    return dataclasses.replace(drawn, spans=(*spans, *boxes), annotations=annotations)


def turns(hops: list[Hop]) -> list[Span]:
    """Return what the readers do: between two hops of one, the other may have run.

    One thread runs at a time, so a reader that the other one overtakes was interrupted.
    """
    found = []
    for me, other in (("reader-1", "reader-2"), ("reader-2", "reader-1")):
        for hop, after in itertools.pairwise(hop for hop in hops if hop.thread == me):
            span = Span(me, hop.time, after.time, "works", hop.items)
            if any(each.thread == other and hop.time < each.time < after.time for each in hops):
                reason = "its turn: it was interrupted, and the other reader runs"
                span = dataclasses.replace(span, kind="waits", waits_for=reason)
            found.append(span)
    return found


if __name__ == "__main__":
    show(picture)
