"""Step 3: one client does not read, and the thread that forwards is stuck in `send`."""

from harness import RunningStep, annotations, retry_until, show, spans, transits

from msgproxy.picture import Lane, Picture, Timeline, draw

SIZE = 1_500_000
"""Bytes of the photo: more than the system's buffers hold."""

SILENCE = 1.0
"""Seconds during which nothing happens. It could be hours."""

CAPTION = (
    "The red box is one call of send: thread-1 waits until client 2 reads the photo. Meanwhile "
    "client 3 gets nothing, and nobody receives what client 1 says. Threads 2 and 3 are not drawn"
)


def picture() -> Picture:
    """Draw a run in which thread-1 came to client 2 first: the order is that of its set."""
    return retry_until(once, at_most=40)


def once() -> Picture | None:
    """Client 1 says three things. Before the second, client 2 stops reading for a while."""
    with RunningStep("step03_shared", role="thread") as run:
        run.join(1)
        run.join(2, small=True)
        run.join(3)
        run.notes.forget()
        hello = run.say(1, "hello")
        for number in (2, 3):
            run.until(lambda number=number: run.find("hears", hello, f"client {number}"))
        run.read(2, False)
        photo = run.say(1, "a photo", SIZE)
        run.until(lambda: run.find("sends", photo, whom="client 2"))
        late = run.say(1, "and now?")
        run.crew.pause(SILENCE)
        run.read(2, True)
        for number in (2, 3):
            run.until(lambda number=number: run.find("hears", late, f"client {number}"))
        run.stop_noting()
    if run.time("sends", photo, whom="client 3") < run.time("sends", photo, whom="client 2"):
        return None
    reads_on = run.time("reads on")
    assert run.time("sends", photo, whom="client 2") < reads_on < run.time("sent", photo)
    assert reads_on < run.time("hears", photo, "client 3")
    assert reads_on < run.time("received", late)
    return draw(timeline(run), title="One slow client, and all wait", caption=CAPTION)


def timeline(run: RunningStep) -> Timeline:
    """Draw what thread-1 does, and what its clients say and receive."""
    stuck = run.find("sends", run.notes.said["a photo"], whom="client 2")
    lanes = (
        Lane("client 1"),
        Lane("thread-1", note="of client 1"),
        Lane("client 2", note="is slow"),
        Lane("client 3"),
    )
    boxes = spans(run, "thread-1", stuck)
    return Timeline(lanes, tuple(boxes), tuple(transits(run, (1, 2, 3))), tuple(annotations(run)))


if __name__ == "__main__":
    show(picture)
