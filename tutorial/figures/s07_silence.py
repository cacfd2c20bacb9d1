"""Step 7: a client falls silent. A ping finds that out, and both of its threads end."""

import dataclasses

from harness import RunningStep, annotations, show, spans

from msgproxy.picture import Annotation, Lane, Picture, Span, draw, timeline_from_hops

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
    ping, close = (run.time("writes", name, "hidden-2") for name in ("ping", "Close"))
    loses, hangs_up = run.time("loses"), run.time("hangs up", who="reader-2")
    [left] = [hop for hop in run.notes.acts("put") if hop.items == ("left 2",)]
    [none] = [hop for hop in run.notes.acts("got") if hop.items == ("None",)]
    assert len(run.of("hidden-2", "writes")) == 2
    assert not run.of("hidden-2", "reads")
    assert ping < close < loses < hangs_up < left.time < none.time
    assert (left.thread, none.thread) == ("reader-2", "writer-2")
    assert [note.whom for note in run.notes if note.act == "loses"] == ["client 2"]
    assert not [hop for hop in run.notes.hops if hop.thread == "writer-2" and hop.items == (still,)]
    timeline = timeline_from_hops(run.notes.in_order())
    ended = run.time("hangs up", who="writer-2")
    boxes = (
        *(span for span in timeline.spans if span.items != ("None",)),  # it is drawn below
        *spans(run, "hidden-2"),
        Span("reader-2", loses, left.time, "works", ("left 2",)),
        Span("writer-2", none.time, ended, "works", ("None",)),
    )
    told = [each for each in annotations(run) if each.text.endswith(("silent", "hangs up"))]
    for time, what in ((ping, "a ping"), (close, "a Close")):
        words = f"client 2: {what}"
        told.append(Annotation(time, "hidden-2", f"→ {words}", f"hidden-2 sends {words}", (), True))
    readers, rest = timeline.lanes[:1], timeline.lanes[1:]
    timeline = dataclasses.replace(
        timeline,
        lanes=(*readers, Lane("hidden-2", note="the library"), *rest),
        spans=boxes,
        annotations=(*timeline.annotations, *told),
    )
    return draw(timeline, title="Silence is noticed", caption=CAPTION)


if __name__ == "__main__":
    show(picture)
