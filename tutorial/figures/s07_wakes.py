"""Step 7: a client sends a Close frame and reads nothing. Its reader hangs up: that wakes all."""

import dataclasses

from harness import RunningStep, annotations, retry_until, show, spans, waits

from msgproxy.picture import Lane, Picture, Span, Timeline, Transit, draw, timeline_from_hops
from msgproxy.tracing.hops import Item

SIZE = 1_500_000
"""Bytes of the photo: more than the system's buffers hold."""

CAPTION = (
    "Client 2 sends a Close frame, but does not read. So writer-2 is stuck in send, and so is "
    "hidden-2 with the answer. Reader-2 gives them a second, and hangs up. That wakes both. Only "
    "then can writer-2 come back to its queue, take the None, and end"
)


def picture() -> Picture:
    """Draw a run in which there was no room for the answer either, as nearly always."""
    return retry_until(once, at_most=10)


def once() -> Picture | None:
    """Client 1 sends a photo, and client 2 does not read it, but sends a Close frame."""
    with RunningStep("step07_leaving") as run:
        run.join(1)
        run.join(2, small=True)
        run.read(2, False)
        run.notes.forget()
        photo = run.say(1, "a photo", SIZE)
        run.until(lambda: run.find("sends", photo))
        run.crew.pause(0.3)  # until there is no room any more
        run.send_frame(2, "Close")
        run.until(lambda: run.find("hangs up", who="writer-2"))
        run.until(lambda: run.find("cannot write") or run.find("wrote"))
        run.stop_noting()
    if run.find("wrote"):
        return None
    return draw(timeline(run, photo), title="Hanging up wakes", caption=CAPTION)


def timeline(run: RunningStep, photo: Item) -> Timeline:
    """Add to the hops what the hidden thread does, and what waits until reader-2 hangs up."""
    sent, failed = run.notes.acts("sent")[0].time, run.time("cannot write", "Close")
    woken = {"writer-2": sent, "hidden-2": failed}
    hangs_up = run.time("hangs up", who="reader-2")
    drawn = timeline_from_hops(run.notes.in_order())
    wakes = [Transit("hang_up", "reader-2", hangs_up, "", who, at) for who, at in woken.items()]
    # Nothing comes to client 2.
    told = [each for each in drawn.annotations if not each.is_outcome]
    told += [
        dataclasses.replace(each, lane=each.lane.replace("client", "hidden").replace(" ", "-"))
        for each in annotations(run)
        if each.lane != "client 1"
    ]
    return dataclasses.replace(
        drawn,
        lanes=(drawn.lanes[0], Lane("hidden-2", note="the library"), *drawn.lanes[1:]),
        spans=(
            *(span for span in drawn.spans if span.lane != "writer-2"),
            *boxes(run, photo, hangs_up, woken),
        ),
        transits=(*drawn.transits, *wakes),
        annotations=tuple(told),
    )


def boxes(run: RunningStep, photo: Item, hangs_up: int, woken: dict[str, int]) -> list[Span]:
    """See that it went as the caption says; return what the threads of client 2 do."""
    loses, ended = run.time("loses"), run.time("hangs up", who="writer-2")
    [left] = [hop for hop in run.notes.acts("put") if hop.items == ("left 2",)]
    [none] = [hop for hop in run.notes.acts("got") if hop.items == ("None",)]
    assert run.time("reads", "Close") < loses < hangs_up < min(left.time, *woken.values())
    assert (left.thread, none.thread) == ("reader-2", "writer-2")
    assert woken["writer-2"] < none.time < ended
    return [
        *spans(run, "hidden-2", run.find("writes", "Close")),
        waits("reader-2", loses, hangs_up, "left 2", "the others, for 1 s"),
        Span("reader-2", hangs_up, left.time, "works", ("left 2",)),
        waits("writer-2", run.notes.acts("got")[1].time, woken["writer-2"], photo, "client 2"),
        Span("writer-2", none.time, ended, "works", ("None",)),
    ]


if __name__ == "__main__":
    show(picture)
