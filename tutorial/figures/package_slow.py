"""The package: a client that does not read is cut off, and delays nobody."""

from harness import RecordedServer, show

from msgproxy import Limits
from msgproxy.picture import Picture, draw
from msgproxy.tracing.hops import Hop

SIZE = 400_000
"""Bytes of a photo."""

SHOWN = 6
"""Messages that are drawn: enough for the queue to fill, and one more."""

LIMITS = Limits(max_message_size=500_000, inbound_limit=400_000, outbound_limit=1_300_000)

MOST = 40
"""Messages after which it has failed: no client was cut off."""

CAPTION = (
    "Client 2 does not read: writer-2 is stuck in sendall, and outbound-2 grows. When it is full,"
    " the broker cuts client 2 off and goes on. Client 3 gets everything, at once. (The last "
    "{count} photos are drawn. Here 1.3 million bytes may wait; by default, 16 MiB)"
)


def picture() -> Picture:
    """Client 1 says photo after photo, until the server has one client less."""
    with RecordedServer(LIMITS) as run:
        for number in (1, 2, 3):
            run.join(number, small=number == 2)
        run.clients[2].reads = False
        run.forget()
        said = []
        while not run.acts("full") and len(said) < MOST:
            said.append(f"photo {len(said) + 1}")
            run.say(1, said[-1], SIZE)
            assert run.hear(3).rstrip(".") == said[-1]
        assert run.acts("full"), "nobody was cut off"
        run.until(lambda: len(run.server.snapshot().clients) == 2)
        run.say(1, "who is still here?")
        assert run.hear(3) == "who is still here?"
        run.until(lambda: len(sent_to_3(run.acts("sent"))) == len(said) + 1)
        hops = run.hops()
    [full] = [hop for hop in hops if hop.act == "full"]
    assert (full.thread, full.queue) == ("broker", "outbound-2")
    caption = CAPTION.format(count=SHOWN - 1)
    return draw(hops, title="A slow client is cut off", caption=caption, messages=SHOWN)


def sent_to_3(sent: list[Hop]) -> list[Hop]:
    """Return what client 3 was sent."""
    return [hop for hop in sent if hop.thread == "writer-3"]


if __name__ == "__main__":
    show(picture)
