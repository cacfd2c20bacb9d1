"""Step 3: while one thread sends a photo, the library's hidden thread sends a pong into it."""

import select

from harness import Observed, attempt, draw_waiting, flights, marks, show, spans

from msgproxy.picture import Flight, Lane, Mark, Picture, Timeline

SIZE = 10_000_000
"""Bytes of the photo: much more than the system's buffers hold, so both threads get their turn."""

PONG = b"\x8a\x00"

SILENCE = 0.2
"""Seconds until the buffers are full, and then until client 2 reads on."""

CAPTION = (
    "The red boxes are two calls of send on one socket: thread-1 sends client 2 a photo, hidden-2 "
    "the pong that client 2 has asked for. The pong got in after {at:,} of {size:,} bytes. So what "
    "client 2 takes for the photo is wrong, and the end of the photo, which is left over, is no "
    "frame. Thread-2 waits for words of client 2, and is not drawn"
)


def picture() -> Picture:
    """Draw a run in which the pong came into the photo. It hardly ever comes behind it."""
    return attempt(once, at_most=10)


def once() -> Picture | None:
    """Client 2 is slow to read a photo, and meanwhile sends a ping."""
    with Observed("step03_shared", role="thread") as run:
        run.join(1)
        run.join(2, small=True)
        run.forget()
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
        run.cut()
    assert len(client.heard[0]) == SIZE
    assert client.heard[0].replace(PONG, b"") == b"a photo".ljust(SIZE - len(PONG), b".")
    sends, writes = run.find("sends", photo), run.find("writes", "pong")
    assert sends.time < writes.time < run.time("reads on") < run.time("sent", photo)
    lanes = (
        Lane("client 1"),
        Lane("thread-1", note="of client 1"),
        Lane("client 2", note="is slow"),
        Lane("hidden-2", note="the library"),
    )
    boxes = [*spans(run, "thread-1", sends), *spans(run, "hidden-2", writes)]
    heard = run.time("hears", photo)
    pong = Flight("pong", "hidden-2", writes.time, "", "client 2", heard)
    told = [mark for mark in marks(run) if not mark.is_outcome]
    for time, what in (
        (heard, "a photo with a pong in it"),
        (run.time("leaves"), "a rest that is no frame"),
    ):
        told.append(Mark(time, "client 2", f"→ {what}", f"client 2 gets {what}", (photo,), True))
    timeline = Timeline(lanes, tuple(boxes), (*flights(run, (1, 2)), pong), tuple(told))
    caption = CAPTION.format(at=at, size=SIZE)
    return draw_waiting(timeline, title="A torn frame", caption=caption, what="client 2")


if __name__ == "__main__":
    show(picture)
