"""Step 3: while one thread sends a photo, the library's hidden thread sends a pong into it."""

import select

from harness import RunningStep, annotations, retry_until, show, spans, transits

from msgproxy.picture import Annotation, Lane, Picture, Timeline, Transit, draw
from msgproxy.tracing.hops import Item

SIZE = 10_000_000
"""Bytes of the photo: much more than the system's buffers hold, so both threads get their turn."""

PONG = b"\x8a\x00"

SILENCE = 0.2
"""Seconds until the buffers are full, and then until client 2 reads again."""

CAPTION = (
    "The red boxes are two calls of send on one socket: thread-1 sends client 2 a photo, hidden-2"
    " the pong that answers client 2's ping. The pong landed after {at:,} of {size:,} bytes. So "
    "what client 2 takes for the photo is wrong, and the rest of the photo is no frame. Thread-2 "
    "waits for words of client 2, and is not drawn"
)


def picture() -> Picture:
    """Draw a run in which the pong landed in the photo. It hardly ever comes after it."""
    return retry_until(once, at_most=10)


def once() -> Picture | None:
    """Client 2 is slow to read a photo, and meanwhile sends a ping."""
    with RunningStep("step03_shared", role="thread") as run:
        run.join(1)
        run.join(2, small=True)
        run.notes.forget()
        run.read(2, False)
        client = run.clients[2]
        photo = run.say(1, "a photo", SIZE, is_binary=True)
        run.until(lambda: select.select([client], [], [], 0)[0])  # it is on its way
        run.crew.pause(SILENCE)
        run.send_frame(2, "ping")
        run.until(lambda: run.find("writes", "pong"))
        run.crew.pause(SILENCE)
        run.read(2, True)
        run.until(lambda: run.find("sent", photo) and run.find("wrote", "pong") and client.heard)
        if (at := client.heard[0].find(PONG)) < 0:
            return None
        run.until(lambda: client.end)
        run.leave(2)
        run.stop_noting()
    assert client.heard[0].replace(PONG, b"", 1) == b"a photo".ljust(SIZE - len(PONG), b".")
    sends, writes = run.time("sends", photo), run.time("writes", "pong")
    assert sends < writes < run.time("reads on") < run.time("sent", photo)
    caption = CAPTION.format(at=at, size=SIZE)
    return draw(timeline(run, photo), title="A torn frame", caption=caption)


def timeline(run: RunningStep, photo: Item) -> Timeline:
    """Draw both calls of send, and say what client 2 got."""
    sends, writes = run.find("sends", photo), run.find("writes", "pong")
    lanes = (
        Lane("client 1"),
        Lane("thread-1", note="of client 1"),
        Lane("client 2", note="is slow"),
        Lane("hidden-2", note="the library"),
    )
    boxes = [*spans(run, "thread-1", sends), *spans(run, "hidden-2", writes)]
    heard = run.time("hears", photo)
    pong = Transit("pong", "hidden-2", writes.time, "", "client 2", heard)
    told = [each for each in annotations(run) if not each.is_outcome]
    for time, what in (
        (heard, "a photo with a pong in it"),
        (run.time("leaves"), "a rest that is no frame"),
    ):
        told.append(
            Annotation(time, "client 2", f"→ {what}", f"client 2 gets {what}", (photo,), True)
        )
    return Timeline(lanes, tuple(boxes), (*transits(run, (1, 2)), pong), tuple(told))


if __name__ == "__main__":
    show(picture)
