"""Step 7: a client says goodbye and reads nothing. Its reader hangs up, which wakes the others."""

import dataclasses

from harness import Observed, attempt, marks, show, spans

from msgproxy.picture import Flight, Lane, Picture, Span, draw, retrace

SIZE = 1_500_000
"""Bytes of the photo: more than the system's buffers hold."""

CAPTION = (
    "Client 2 says goodbye, but does not read: so writer-2 stands in send, and hidden-2 as well, "
    "with the answer. Reader-2 gives that a second, and hangs up. That wakes both. Only then can "
    "writer-2 come back to its queue, take the None, and end"
)


def picture() -> Picture:
    """Draw a run in which there was no room for the answer either. There nearly always is none."""
    return attempt(once, at_most=10)


def once() -> Picture | None:
    """Client 1 sends a photo, and client 2 does not take it, but says goodbye."""
    with Observed("step07_leaving", role="reader") as run:
        run.join(1)
        run.join(2, small=True)
        run.read(2, False)
        run.forget()
        photo = run.say(1, "a photo", SIZE)
        run.until(lambda: run.find("sends", photo))
        run.crew.pause(0.3)  # until there is no room any more
        run.send_frame(2, "Close")
        run.until(lambda: run.find("hangs up", who="writer-2"))
        run.until(lambda: run.find("cannot write") or run.find("wrote"))
        run.cut()
    if run.find("wrote"):
        return None
    hangs_up, loses = run.time("hangs up", who="reader-2"), run.time("loses")
    asked, writes = run.find("reads", "Close"), run.find("writes", "Close")
    ended = run.time("hangs up", who="writer-2")
    woken = {"writer-2": run.acts("sent")[0].time, "hidden-2": run.time("cannot write", "Close")}
    [left] = [hop for hop in run.acts("put") if hop.items == ("left 2",)]
    [none] = [hop for hop in run.acts("got") if hop.items == ("goodbye",)]
    assert asked.time < loses < hangs_up < min(left.time, *woken.values())
    assert (left.thread, none.thread) == ("reader-2", "writer-2")
    assert woken["writer-2"] < none.time < ended
    timeline = retrace(sorted(run.hops, key=lambda hop: hop.time))
    stands = Span("writer-2", run.acts("got")[1].time, woken["writer-2"], "waits", (photo,))
    boxes = (
        *(span for span in timeline.spans if span.lane != "writer-2"),
        *spans(run, "hidden-2", writes),
        Span("reader-2", loses, hangs_up, "waits", ("left 2",)),
        Span("reader-2", hangs_up, left.time, "works", ("left 2",)),
        stands,
        Span("writer-2", none.time, ended, "works", ("None",)),
    )
    wakes = [Flight("hang_up", "reader-2", hangs_up, "", who, at) for who, at in woken.items()]
    told = [mark for mark in timeline.marks if not mark.is_outcome]  # nothing comes to client 2
    told += [
        dataclasses.replace(mark, lane=mark.lane.replace("client", "hidden").replace(" ", "-"))
        for mark in marks(run)
        if mark.lane != "client 1"
    ]
    timeline = dataclasses.replace(
        timeline,
        lanes=(timeline.lanes[0], Lane("hidden-2", note="the library"), *timeline.lanes[1:]),
        spans=boxes,
        flights=(*timeline.flights, *wakes),
        marks=tuple(told),
        waits_for="client 2",
    )
    return draw(timeline, title="Hanging up wakes", caption=CAPTION)


if __name__ == "__main__":
    show(picture)
