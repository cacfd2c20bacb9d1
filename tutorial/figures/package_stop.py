"""The package stops: readers first, then the broker, then the writers."""

from harness import Served, show

from msgproxy.picture import Picture, draw

CAPTION = (
    "The server is told to stop. One fact on the inbound queue says so, behind the last message; "
    "the broker ends with it, and puts a goodbye behind all that still waits for each client"
)


def picture() -> Picture:
    """Three clients; one says something, and the server stops."""
    with Served() as run:
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
