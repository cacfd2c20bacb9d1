"""Step 8: a client that does not read is cut off when its queue is full."""

from harness import RunningStep, show

from msgproxy.picture import Picture, draw

LIMIT = 3
"""Messages that may wait on a queue. In the step there are more than fit into a picture."""

SIZE = 1_500_000
"""Bytes of a message: more than the system's buffers hold for client 2."""

MOST = 40
"""Messages after which it has failed: no client was cut off."""

CAPTION = (
    "Client 2 does not read. Its writer is stuck in send, and what the broker puts on outbound-2 "
    "stays there until there is no room. The broker does not wait: it cuts client 2 off, whose "
    "threads end; what was on its queue is dropped. Client 3 gets everything. Here {limit} "
    "messages may wait; in the step itself, 256"
)


def picture() -> Picture:
    """Client 1 talks, and client 3 listens. Client 2 stopped reading before."""
    with RunningStep("step08_bounds", LIMIT=LIMIT) as run:
        for number in (1, 2, 3):
            run.join(number, small=number == 2)
        run.read(2, False)
        run.notes.forget()
        said = []
        while not run.notes.acts("full") and len(said) < MOST:
            said.append(run.say(1, f"photo {len(said) + 1}", SIZE))
            run.until(lambda: run.find("hears", said[-1], "client 3"))
        assert run.notes.acts("full"), "nobody was cut off"
        run.until(lambda: run.find("loses", whom="client 2"))
        said.append(run.say(1, "who is still here?"))
        run.until(lambda: run.find("hears", said[-1], "client 3"))
        run.stop_noting()
    assert [note.item for note in run.of("client 3", "hears")] == said
    assert {hop.queue for hop in run.notes.acts("full")} == {"outbound-2"}
    assert not [
        hop for hop in run.notes.hops if hop.thread == "writer-2" and hop.items == (said[-1],)
    ]
    cut_off = run.notes.acts("full")[0].time
    hops = run.notes.in_order()
    hops = [hop for hop in hops if hop.time <= cut_off or hop.queue != "outbound-2"]
    return draw(hops, title="Cut off", caption=CAPTION.format(limit=LIMIT))


if __name__ == "__main__":
    show(picture)
