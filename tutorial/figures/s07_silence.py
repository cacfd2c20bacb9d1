"""Step 7: a client falls silent. A ping finds that out, and both of its threads end."""

import dataclasses

from harness import RunningStep, annotations, show, spans

from msgproxy.picture import Annotation, Lane, Picture, Span, Timeline, draw, timeline_from_hops
from msgproxy.tracing.hops import Hop, Item

PING_INTERVAL = 2.0
"""Seconds. In the step it is 5: nothing changes but how long it takes."""

CAPTION = (
    "Client 2 neither reads nor answers any more. Sending to it raises no error: only a ping "
    "without an answer shows it. Reader-2 hangs up and reports that client 2 has left, the broker "
    "puts None, and writer-2 ends. Client 3 notices nothing; its answers to pings are not drawn. "
    "Pings are sent every 2 seconds here, in the step itself every 5"
)


def picture() -> Picture:
    """Client 1 says something before and after, which client 3 hears."""
    with RunningStep("step07_leaving", PING_INTERVAL=PING_INTERVAL) as run:
        for number in (1, 2, 3):
            run.join(number)
        run.notes.forget()
        run.clients[2].reads = False
        run.notes.note("falls silent", who="client 2")
        hello = run.say(1, "hello")
        run.until(lambda: run.find("hears", hello, "client 3"))
        run.until(lambda: run.find("hangs up", who="writer-2"))
        still = run.say(1, "who is still here?")
        run.until(lambda: run.find("hears", still, "client 3"))
        run.stop_noting()
    check(run, still)
    return draw(timeline(run), title="Silence is noticed", caption=CAPTION)


def ends(run: RunningStep) -> tuple[Hop, Hop]:
    """Return the hops that end both threads: reader-2 puts `Left`, and writer-2 takes `None`."""
    [left] = [hop for hop in run.notes.acts("put") if hop.items == ("left 2",)]
    [none] = [hop for hop in run.notes.acts("got") if hop.items == ("None",)]
    assert (left.thread, none.thread) == ("reader-2", "writer-2")
    return left, none


def check(run: RunningStep, still: Item) -> None:
    """See that it went as the caption says."""
    ping, close = (run.time("writes", name, "hidden-2") for name in ("ping", "Close"))
    loses, hangs_up = run.time("loses"), run.time("hangs up", who="reader-2")
    left, none = ends(run)
    assert len(run.of("hidden-2", "writes")) == 2
    assert not run.of("hidden-2", "reads")
    assert ping < close < loses < hangs_up < left.time < none.time
    assert [note.whom for note in run.notes if note.act == "loses"] == ["client 2"]
    assert not [hop for hop in run.notes.hops if hop.thread == "writer-2" and hop.items == (still,)]


def timeline(run: RunningStep) -> Timeline:
    """Add to the hops what the hidden thread does, and how both threads end."""
    drawn, (left, none) = timeline_from_hops(run.notes.in_order()), ends(run)
    ended = run.time("hangs up", who="writer-2")
    boxes = (
        *(span for span in drawn.spans if span.items != ("None",)),  # it is drawn below
        *spans(run, "hidden-2"),
        Span("reader-2", run.time("loses"), left.time, "works", ("left 2",)),
        Span("writer-2", none.time, ended, "works", ("None",)),
    )
    told = [each for each in annotations(run) if each.text.endswith(("silent", "hangs up"))]
    for name in ("ping", "Close"):
        words, time = f"client 2: a {name}", run.time("writes", name, "hidden-2")
        told.append(Annotation(time, "hidden-2", f"→ {words}", f"hidden-2 sends {words}", (), True))
    return dataclasses.replace(
        drawn,
        lanes=(drawn.lanes[0], Lane("hidden-2", note="the library"), *drawn.lanes[1:]),
        spans=boxes,
        annotations=(*drawn.annotations, *told),
    )


if __name__ == "__main__":
    show(picture)
