"""Step 3: the set changes while a thread goes through it, and the thread dies."""

from harness import Observed, draw_waiting, flights, marks, show, spans

from msgproxy.picture import Lane, Mark, Picture, Timeline

SIZE = 1_500_000
"""Bytes of the photo: more than the system's buffers hold, so the loop stays where it is."""

CAPTION = (
    "Thread-1 goes through the set, and has come to client 2, which is slow. In the meantime "
    "client 3 comes in, and its thread adds it to the set. When thread-1 wants the next one of the "
    "set, it dies: RuntimeError. Client 1 has done nothing wrong, and loses its connection"
)


def picture() -> Picture:
    """Client 1 sends a photo to client 2, which stops reading until client 3 has come in."""
    with Observed("step03_shared", role="thread") as run:
        run.join(1)
        run.join(2, small=True)
        run.forget()
        run.read(2, False)
        photo = run.say(1, "a photo", SIZE)
        run.until(lambda: run.find("sends", photo, whom="client 2"))
        run.join(3)
        run.read(2, True)
        run.until(lambda: run.find("dies", who="thread-1"))
        run.until(lambda: run.find("hears", photo, "client 2"))
        run.until(lambda: run.clients[1].end)
        run.cut()
    stuck = run.find("sends", photo, whom="client 2")
    died = run.time("dies")
    assert run.time("sends", photo) < run.time("receives", who="thread-3") < run.time("sent") < died
    assert [(note.who, note.item) for note in run.notes if note.act == "dies"] == [
        ("thread-1", "RuntimeError")
    ]
    lanes = (
        Lane("client 1"),
        Lane("thread-1", note="of client 1"),
        Lane("client 2", note="is slow"),
        Lane("thread-3", note="of client 3"),
        Lane("client 3"),
    )
    boxes = [*spans(run, "thread-1", stuck), *spans(run, "thread-3")]
    words = "thread-1 dies: RuntimeError"
    death = Mark(died, "thread-1", words, words, (), is_outcome=True)
    timeline = Timeline(lanes, tuple(boxes), tuple(flights(run, (1, 2, 3))), (*marks(run), death))
    return draw_waiting(
        timeline, title="The set changes, and a thread dies", caption=CAPTION, what="client 2"
    )


if __name__ == "__main__":
    show(picture)
