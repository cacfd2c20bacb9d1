"""The package stops: readers first, then the broker, then the writers."""

from harness import RecordedServer, show

from msgproxy.picture import Picture, draw

CAPTION = (
    "The server stops. An event on the inbound queue says so, after the last message. The broker "
    "ends when it has taken that, and puts a Close frame after everything that waits for a client"
)


def picture() -> Picture:
    """Three clients; one says something, and the server stops."""
    with RecordedServer() as run:
        for number in (1, 2, 3):
            run.join(number)
        run.forget()
        run.say(1, "one last thing")
        for number in (2, 3):
            assert run.hear(number) == "one last thing"
        run.stop()
        codes = [run.clients[number].close_code for number in (1, 2, 3)]
        hops = run.hops()
    assert codes == [1001, 1001, 1001]
    last = [hop for hop in hops if hop.items == ("stopped",)]
    assert [(hop.act, hop.thread) for hop in last[:2]] == [("put", "accept"), ("got", "broker")]
    goodbyes = [hop for hop in hops if hop.items == ("goodbye",) and hop.act == "put"]
    assert {hop.queue for hop in goodbyes} == {"outbound-1", "outbound-2", "outbound-3"}
    assert all(hop.thread == "broker" and hop.time > last[1].time for hop in goodbyes)
    return draw(hops, title="A stop", caption=CAPTION)


if __name__ == "__main__":
    show(picture)
