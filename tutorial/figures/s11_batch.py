"""Step 11 under load: a thread takes all that waits on its queue, and sends it in one call."""

from harness import Burst, retry_until, show

from msgproxy.picture import Picture, draw

COUNT = 8
"""Messages that client 1 says without a pause."""

CAPTION = (
    "The same {count} messages. While a thread is busy, the next ones pile up, and when it comes "
    "back it takes them all. The broker comes to its queue {taken}, not {count} times; writer-2 "
    "calls sendall {sends}. This differs from run to run. Do not compare the times with those of "
    "step 10: to record a step slows it down. Client 3 is not drawn"
)


def picture() -> Picture:
    """Draw the burst in step 11. A run in which nothing piles up is rare."""
    return retry_until(once, at_most=50)


def once() -> Picture | None:
    """Return a picture if both the broker and writer-2 have found some waiting."""
    burst = Burst("step11_fast", COUNT)
    taken, sent = burst.takes("broker"), burst.takes("writer-2")
    sends = burst.sends("writer-2")
    assert sum(taken) == sum(sent) == COUNT
    assert sends == len(sent)
    if max(len(taken), sends) > COUNT / 2:
        return None
    caption = CAPTION.format(count=COUNT, taken=times(len(taken)), sends=times(sends))
    return draw(burst.hops(), title="All that is waiting (step 11)", caption=caption)


def times(count: int) -> str:
    """Write how many times, in words."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


if __name__ == "__main__":
    show(picture)
