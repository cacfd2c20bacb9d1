"""Step 3: the set changes while a thread iterates over it, and the thread dies."""

from harness import RunningStep, annotations, show, spans, transits

from msgproxy.picture import Annotation, Lane, Picture, Timeline, draw

SIZE = 1_500_000
"""Bytes of the photo: more than the system's buffers hold, so the loop stays where it is."""

CAPTION = (
    "Thread-1 iterates over the set, and is sending to client 2, which is slow. Meanwhile client "
    "3 connects, and its thread adds it to the set. When thread-1 asks for the next element, it "
    "dies of a RuntimeError. Client 1 did nothing wrong, and loses its connection"
)


def picture() -> Picture:
    """Client 1 sends a photo to client 2, which stops reading until client 3 has connected."""
    with RunningStep("step03_shared", role="thread") as run:
        run.join(1)
        run.join(2, small=True)
        run.notes.forget()
        run.read(2, False)
        photo = run.say(1, "a photo", SIZE)
        run.until(lambda: run.find("sends", photo, whom="client 2"))
        run.join(3)
        run.read(2, True)
        run.until(lambda: run.find("dies", who="thread-1"))
        run.until(lambda: run.find("hears", photo, "client 2"))
        run.until(lambda: run.clients[1].end)
        run.stop_noting()
    sends, died = run.time("sends", photo), run.time("dies")
    assert sends < run.time("receives", who="thread-3") < run.time("sent") < died
    deaths = [(note.who, note.item) for note in run.notes if note.act == "dies"]
    assert deaths == [("thread-1", "RuntimeError")]
    return draw(timeline(run), title="The set changes, and a thread dies", caption=CAPTION)


def timeline(run: RunningStep) -> Timeline:
    """Draw what the threads of clients 1 and 3 do, and the end of one."""
    stuck, died = run.find("sends", whom="client 2"), run.time("dies")
    lanes = (
        Lane("client 1"),
        Lane("thread-1", note="of client 1", end=died),
        Lane("client 2", note="is slow"),
        Lane("thread-3", note="of client 3"),
        Lane("client 3"),
    )
    boxes = [*spans(run, "thread-1", stuck), *spans(run, "thread-3")]
    words = "thread-1 dies: RuntimeError"
    death = Annotation(died, "thread-1", words, words, (), is_outcome=True)
    return Timeline(
        lanes, tuple(boxes), tuple(transits(run, (1, 2, 3))), (*annotations(run), death)
    )


if __name__ == "__main__":
    show(picture)
