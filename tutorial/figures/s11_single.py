"""Step 10 under load: each message is taken, made into a frame and sent by itself."""

from harness import Burst, show

from msgproxy.picture import Picture, draw

COUNT = 8
"""Messages that client 1 says without a pause."""

CAPTION = (
    "Client 1 says {count} things without a pause. The broker takes one at a time, {count} times "
    "in all, and so does writer-2, which calls sendall {count} times. Count the boxes, not the "
    "time. Client 3 gets the same, and is not drawn"
)


def picture() -> Picture:
    """Draw the burst in step 10."""
    burst = Burst("step10_stopping", COUNT)
    for thread in ("broker", "writer-2", "writer-3"):
        assert burst.takes(thread) == [1] * COUNT
    for writer in ("writer-2", "writer-3"):
        assert burst.sends(writer) == COUNT
    caption = CAPTION.format(count=COUNT)
    return draw(burst.hops(), title="One at a time (step 10)", caption=caption)


if __name__ == "__main__":
    show(picture)
