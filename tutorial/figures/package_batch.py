"""The package under load: a thread that comes for the next item takes all that wait."""

from harness import RecordedServer, retry_until, show

from msgproxy.picture import Picture, draw

COUNT = 8
"""Messages that each of two clients says without a pause."""

CAPTION = (
    "While a thread is busy, the next messages pile up. When it comes back it takes all of them "
    "at once, up to {most} here, and a writer sends them with one call. So a lagging thread "
    "catches up. The queues of clients 1 and 2 are not drawn"
)


def picture() -> Picture:
    """Draw a run in which several messages were taken at once, as in nearly every run."""
    return retry_until(once, at_most=50)


def once() -> Picture | None:
    """Clients 1 and 2 talk as fast as they can, and client 3 listens."""
    with RecordedServer() as run:
        for number in (1, 2, 3):
            run.join(number)
        run.forget()
        for number in (1, 2):
            run.clients[number].say(*(f"number {one}" for one in range(1, COUNT + 1)))
        for _ in range(2 * COUNT):
            run.hear(3)
        run.until(lambda: sum(len(hop.items) for hop in run.acts("sent")) == 4 * COUNT)
        hops = run.hops()
    got = [hop for hop in hops if hop.act == "got" and hop.thread in ("broker", "writer-3")]
    most = max(len(hop.items) for hop in got)
    if most < 3:
        return None
    assert sum(len(hop.items) for hop in got) == 4 * COUNT
    shown = [hop for hop in hops if not hop.queue.endswith(("-1", "-2"))]
    return draw(shown, title="Batches under load", caption=CAPTION.format(most=most))


if __name__ == "__main__":
    show(picture)
