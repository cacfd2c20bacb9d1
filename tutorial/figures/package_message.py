"""The package: one message, and everything that it passes on its way to two other clients."""

from harness import RecordedServer, show

from msgproxy.picture import Picture, draw

CAPTION = (
    "The message waits at most twice: for the broker, and for each writer. Where a thread has no "
    "box, it waits for something to do"
)


def picture() -> Picture:
    """Three clients; the first one says a word."""
    with RecordedServer() as run:
        for number in (1, 2, 3):
            run.join(number)
        run.forget()
        run.say(1, "hello")
        for number in (2, 3):
            assert run.hear(number) == "hello"
        run.until(lambda: len(run.acts("sent")) == 2)
        hops = run.hops()
    assert [hop.thread for hop in hops if hop.act == "received"] == ["reader-1"]
    assert {hop.thread for hop in hops if hop.act == "sent"} == {"writer-2", "writer-3"}
    return draw(hops, title="One message, from client 1 to all others", caption=CAPTION)


if __name__ == "__main__":
    show(picture)
