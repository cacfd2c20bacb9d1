"""Step 10: Ctrl-C. The broker waits for all to leave, and main for the broker, up to a time."""

import dataclasses

from harness import Bare, show

from msgproxy.picture import Mark, Picture, Span, Timeline, draw, retrace

SIZE = 1_000_000
"""Bytes of the photo: more than the system's buffers hold for client 2."""

TIMEOUT = 2.0
"""Seconds that main waits for the broker: the step's own `CLOSE_TIMEOUT`."""

CAPTION = (
    "The broker puts a goodbye on each outbound queue, behind what waits there. Clients 1 and 3 "
    "answer and leave. Client 2 does not read. The red boxes wait: writer-2 for client 2 to take "
    "the photo, the broker for client 2 to leave, and main for the broker, but only for {most:g} "
    "s. (What the broker puts behind a goodbye, nobody takes: it is not drawn)"
)


def picture() -> Picture:
    """Client 2 does not read what client 1 says. Then somebody presses Ctrl-C."""
    with Bare("step10_stopping") as run:
        for number in (1, 2, 3):
            run.join(number, small=number == 2)
        run.read(2, False)
        run.forget()
        photo = run.say(1, "a photo", SIZE)
        last = run.say(1, "one last thing")
        run.until(lambda: run.find("hears", last, "client 3"))
        run.until(lambda: run.find("sends", photo, "writer-2"))
        run.interrupt()
        run.until(lambda: run.find("ends"))
        run.is_on = False
        codes = [run.clients[number].close_code for number in (1, 2, 3)]
    assert codes == [1001, None, 1001]
    check(run)
    return draw(timeline(run), title="A stop", caption=CAPTION.format(most=TIMEOUT))


def check(run: Bare) -> None:
    """See that it went as the caption says."""
    goodbyes = {(hop.thread, hop.queue) for hop in run.acts("put") if hop.items == ("goodbye",)}
    assert goodbyes == {("broker", f"outbound-{number}") for number in (1, 2, 3)}
    waiting = [run.item(event) for event in run.outbound[2].queue]
    assert waiting[:2] == [run.said["one last thing"], "goodbye"]
    happened = [hop for hop in run.acts("put") if hop.queue == "inbound"]
    assert happened[2].items == ("stopped",)
    assert {hop.items for hop in happened[3:]} == {("left 1",), ("left 3",)}
    assert run.time("ends") - happened[2].time > TIMEOUT * 0.99 * 10**9


def timeline(run: Bare) -> Timeline:
    """Add to the hops who waits in the end. Leave out what is put behind a goodbye."""
    puts, ends = run.acts("put"), run.time("ends")
    first = {(hop.queue, hop.items): hop for hop in reversed(puts)}
    hops = sorted(run.hops, key=lambda hop: hop.time)
    drawn = retrace(hop for hop in hops if hop not in puts or hop in first.values())
    stopped = first["inbound", ("stopped",)].time
    [photo] = [span for span in drawn.spans if span.lane == "writer-2"]
    spans = [  # with main, the whole program ends
        *(span for span in drawn.spans if span != photo),
        Span("main", stopped, ends, "waits", ("stopped",)),
        Span("broker", run.acts("handled")[-1].time, ends, "waits", ("left 2",)),
        dataclasses.replace(photo, end=ends, kind="waits", is_open=False),
    ]
    marks = (
        *drawn.marks,
        Mark(run.time("Ctrl-C"), "main", "Ctrl-C", "somebody presses Ctrl-C"),
        Mark(ends, "main", "→ the program ends", "the program ends", is_outcome=True),
    )
    return dataclasses.replace(drawn, spans=tuple(spans), marks=marks, waits_for="somebody")


if __name__ == "__main__":
    show(picture)
