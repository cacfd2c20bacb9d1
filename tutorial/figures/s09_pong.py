"""Step 9: a pong waits on the queue while the writer sends, and follows the whole photo."""

import dataclasses

from harness import RunningStep, show

from msgproxy.picture import Annotation, Picture, Timeline, draw, timeline_from_hops

SIZE = 1_000_000
"""Bytes of the photo: more than the system's buffers hold, less than the step's limit."""

SILENCE = 0.2
"""Seconds until the buffers are full, and then until client 2 reads again."""

CAPTION = (
    "The red box is one call of sendall. In the middle of it client 2 sends a ping. Reader-2 puts"
    " the pong on outbound-2, and is free. Writer-2 takes it when all {size:,} bytes of the photo"
    " have been sent. So client 2 gets both whole, one after the other"
)


def picture() -> Picture:
    """Client 2 is slow to read a photo, and meanwhile sends a ping."""
    with RunningStep("step09_wsproto") as run:
        run.join(1)
        run.join(2, small=True)
        run.notes.forget()
        run.read(2, False)
        photo = run.say(1, "a photo", SIZE)
        run.until(lambda: run.find("sends", photo, "writer-2"))
        run.crew.pause(SILENCE)
        run.send_frame(2, "ping")
        run.until(lambda: run.find("received", "pong", "reader-2"))
        run.crew.pause(SILENCE)
        run.read(2, True)
        run.until(lambda: run.find("hears", "pong"))
        run.stop_noting()
    check(run)
    return draw(timeline(run), title="A pong that waits", caption=CAPTION.format(size=SIZE))


def check(run: RunningStep) -> None:
    """See that it went as the caption says."""
    photo = run.notes.said["a photo"]
    [put] = [hop for hop in run.notes.acts("put") if hop.items == ("pong",)]
    assert (put.thread, put.queue) == ("reader-2", "outbound-2")
    assert [note.item for note in run.of("writer-2", "sends")] == [photo, "pong"]
    assert not run.of("reader-2", "sends")
    sends, sent = run.time("sends", photo), run.time("sent", photo)
    assert sends < run.time("sends frame") < put.time < run.time("reads on") < sent
    assert list(run.clients[2].heard) == ["a photo".ljust(SIZE, ".")]
    assert run.time("hears", photo) < run.time("hears", "pong")


def timeline(run: RunningStep) -> Timeline:
    """Add to the hops what client 2 does, and that writer-2 waits for it in `sendall`."""
    photo = run.notes.said["a photo"]
    drawn = timeline_from_hops(run.notes.in_order())
    spans = tuple(
        dataclasses.replace(span, kind="waits", waits_for="client 2")
        if (span.lane, span.items) == ("writer-2", (photo,))
        else span
        for span in drawn.spans
    )
    told = [each for each in drawn.annotations if each.items == (photo,) and not each.is_outcome]
    for lane, act, text in (
        ("reader-2", "sends frame", "client 2 sends a ping"),
        ("writer-2", "reads on", "client 2 reads on"),
    ):
        told.append(Annotation(run.time(act), lane, text, text))
    for item, what in ((photo, "the whole photo"), ("pong", "the pong")):
        text, sentence = f"→ client 2: {what}", f"client 2 gets {what}"
        told.append(Annotation(run.time("hears", item), "writer-2", text, sentence, (item,), True))
    return dataclasses.replace(drawn, spans=spans, annotations=tuple(told))


if __name__ == "__main__":
    show(picture)
