"""Step 2: each client has a thread of its own, and no thread has anything to do with another."""

from harness import RunningStep, annotations, show, spans, transits

from msgproxy.picture import Lane, Picture, Timeline, draw

CAPTION = (
    "Both are served at once. Where a thread has no box, it waits for words of its own client. No"
    " arrow leads from one thread to the other: no client receives the other's words"
)


def picture() -> Picture:
    """Two clients talk in turn, and receive their own words."""
    with RunningStep("step02_threads", role="thread") as run:
        run.join(1)
        run.join(2)
        for number, words in ((1, "hello"), (2, "hi"), (1, "is anybody here?")):
            item = run.say(number, words)
            run.until(lambda item=item: run.find("hears", item))
        run.stop_noting()
    heard = [(note.who, run.notes.words(note.item)) for note in run.notes if note.act == "hears"]
    assert heard == [("client 1", "hello"), ("client 2", "hi"), ("client 1", "is anybody here?")]
    assert {note.who for note in run.notes if note.act == "received"} == {"thread-1", "thread-2"}
    lanes = (
        Lane("client 1"),
        Lane("thread-1", note="of client 1"),
        Lane("thread-2", note="of client 2"),
        Lane("client 2"),
    )
    boxes = [*spans(run, "thread-1"), *spans(run, "thread-2")]
    timeline = Timeline(lanes, tuple(boxes), tuple(transits(run, (1, 2))), tuple(annotations(run)))
    return draw(timeline, title="A thread per client", caption=CAPTION)


if __name__ == "__main__":
    show(picture)
