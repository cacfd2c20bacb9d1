"""Step 5: a client that does not read keeps its own writer waiting, and no other thread."""

import dataclasses

from harness import RunningStep, show

from msgproxy.picture import Picture, Timeline, draw, timeline_from_hops

SIZE = 1_500_000
"""Bytes of a message: more than the system's buffers hold for client 2."""

COUNT = 4

CAPTION = (
    "Client 2 does not read. Writer-2 is stuck in send all the time, and outbound-2 grows. Reader-1"
    " only puts, so it is free at once, and client 3 gets one photo after the other"
)


def picture() -> Picture:
    """Client 1 says something again and again. Client 3 hears it, and client 2 does not."""
    with RunningStep("step05_writers") as run:
        for number in (1, 2, 3):
            run.join(number, small=number == 2)
        run.read(2, False)
        run.notes.forget()
        for number in range(1, COUNT + 1):
            item = run.say(1, f"photo {number}", SIZE)
            run.until(lambda item=item: run.find("hears", item, "client 3"))
            run.until(lambda n=number: sent_by("writer-3", run) == n)
        run.stop_noting()
    assert sent_by("writer-2", run) == 0
    waiting = [hop for hop in run.notes.acts("put") if hop.queue == "outbound-2"]
    assert len(waiting) == COUNT
    return draw(timeline(run), title="The slow one waits alone", caption=CAPTION)


def timeline(run: RunningStep) -> Timeline:
    """Add to the hops that writer-2 waits for its client, until the end."""
    drawn = timeline_from_hops(run.notes.in_order())
    spans = (
        dataclasses.replace(span, kind="waits", waits_for="client 2 to read", is_open=False)
        if span.lane == "writer-2"
        else span
        for span in drawn.spans
    )
    return dataclasses.replace(drawn, spans=tuple(spans))


def sent_by(writer: str, run: RunningStep) -> int:
    """Return how many messages a writer has sent."""
    return len([hop for hop in run.notes.acts("sent") if hop.thread == writer])


if __name__ == "__main__":
    show(picture)
