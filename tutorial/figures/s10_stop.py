"""Step 10: Ctrl-C. The broker waits until all have left, main for the broker, but not for ever."""

import dataclasses

from harness import RunningStep, show, waits

from msgproxy.picture import Annotation, Picture, Timeline, draw, timeline_from_hops

SIZE = 1_000_000
"""Bytes of the photo: more than the system's buffers hold for client 2."""

TIMEOUT = 2.0
"""Seconds that main waits for the broker: the step's own `CLOSE_TIMEOUT`."""

CAPTION = (
    "The broker puts a Close frame on each outbound queue, after what waits there. Clients 1 and "
    "3 answer and leave. Client 2 does not read. Three threads wait: writer-2 for client 2 to "
    "read the photo, the broker for client 2 to leave, and main for the broker, but only for "
    "{most:g} s. (Whatever the broker puts after a Close frame is never taken: it is not drawn)"
)


def picture() -> Picture:
    """Client 2 does not read what client 1 says. Then somebody presses Ctrl-C."""
    with RunningStep("step10_stopping") as run:
        for number in (1, 2, 3):
            run.join(number, small=number == 2)
        run.read(2, False)
        run.notes.forget()
        photo = run.say(1, "a photo", SIZE)
        last = run.say(1, "one last thing")
        run.until(lambda: run.find("hears", last, "client 3"))
        run.until(lambda: run.find("sends", photo, "writer-2"))
        run.interrupt()
        run.until(lambda: run.find("ends"))
        run.notes.is_open = False
        codes = [run.clients[number].close_code for number in (1, 2, 3)]
    assert codes == [1001, None, 1001]
    check(run)
    return draw(timeline(run), title="A stop", caption=CAPTION.format(most=TIMEOUT))


def check(run: RunningStep) -> None:
    """See that it went as the caption says."""
    close_frames = {
        (hop.thread, hop.queue) for hop in run.notes.acts("put") if hop.items == ("close",)
    }
    assert close_frames == {("broker", f"outbound-{number}") for number in (1, 2, 3)}
    waiting = [run.notes.item(event) for event in run.notes.queues[2].queue]
    assert waiting[:2] == [run.notes.said["one last thing"], "close"]
    happened = [hop for hop in run.notes.acts("put") if hop.queue == "inbound"]
    assert happened[2].items == ("stopped",)
    assert {hop.items for hop in happened[3:]} == {("left 1",), ("left 3",)}
    assert run.time("ends") - happened[2].time > TIMEOUT * 0.99 * 10**9


def timeline(run: RunningStep) -> Timeline:
    """Add to the hops which threads wait at the end. Leave out what is put after a Close frame."""
    puts, ends = run.notes.acts("put"), run.time("ends")
    first = {(hop.queue, hop.items): hop for hop in reversed(puts)}
    hops = run.notes.in_order()
    drawn = timeline_from_hops(hop for hop in hops if hop not in puts or hop in first.values())
    stopped = first["inbound", ("stopped",)].time
    [photo] = [span for span in drawn.spans if span.lane == "writer-2"]
    spans = [  # with main, the whole program ends
        *(span for span in drawn.spans if span != photo),
        waits("main", stopped, ends, "stopped", "the broker, for 2 s"),
        waits("broker", run.notes.acts("handled")[-1].time, ends, "left 2", "client 2 to leave"),
        waits("writer-2", photo.start, ends, photo.items[0], "client 2 to read"),
    ]
    annotations = (
        *drawn.annotations,
        Annotation(run.time("Ctrl-C"), "main", "Ctrl-C", "somebody presses Ctrl-C"),
        Annotation(ends, "main", "→ the program ends", "the program ends", is_outcome=True),
    )
    return dataclasses.replace(drawn, spans=tuple(spans), annotations=annotations)


if __name__ == "__main__":
    show(picture)
