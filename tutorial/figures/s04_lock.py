"""Step 4: a thread holds the lock while it is stuck in `send`; all others wait for the lock."""

from harness import RunningStep, annotations, show, spans

from msgproxy.picture import Lane, Picture, Span, Timeline, draw

SIZE = 1_500_000
"""Bytes of the photo: more than the system's buffers hold."""

SILENCE = 1.0
"""Seconds during which nothing happens. It could be hours."""

CAPTION = (
    "Thread-1 waits for client 2, in one call of send, and holds the lock all that time. So "
    "thread-3 waits for the lock, with a message in hand, and so does thread-4, whose client has "
    "just connected. Thread-2 waits for words of client 2, and is not drawn"
)


def picture() -> Picture:
    """Client 2 stops reading for a while. Client 1 says something, then 3; client 4 joins."""
    with RunningStep("step04_lock", role="thread") as run:
        for number in (1, 2, 3):
            run.join(number, small=number == 2)
        run.notes.forget()
        run.read(2, False)
        photo = run.say(1, "a photo", SIZE)
        run.until(lambda: run.find("sends", photo, whom="client 2"))
        answer = run.say(3, "what photo?")
        run.until(lambda: run.find("wants", who="thread-3"))
        run.ask(4)
        run.until(lambda: run.find("wants", who="thread-4"))
        run.crew.pause(SILENCE)
        run.read(2, True)
        run.until(lambda: run.find("hears", answer, "client 1"))
        run.until(lambda: run.find("hears", answer, "client 2"))
        run.until(lambda: run.find("receives", whom="client 4"))
        run.stop_noting()
    reads_on = run.time("reads on")
    assert run.time("has", who="thread-1") < run.time("wants", who="thread-3") < reads_on
    assert reads_on < run.time("gives back", who="thread-1") < run.time("has", who="thread-3")
    assert run.time("wants", who="thread-4") < reads_on < run.time("has", who="thread-4")
    return draw(timeline(run), title="One slow client, and a lock", caption=CAPTION)


def timeline(run: RunningStep) -> Timeline:
    """Draw what three threads do, and which of them holds the lock."""
    stuck = run.find("sends", whom="client 2")
    lanes = (
        *(Lane(f"thread-{n}", note=f"of client {n}") for n in (1, 3, 4)),
        Lane("lock", note="one holds it"),
    )
    threads = [span for n in (1, 3, 4) for span in spans(run, f"thread-{n}", stuck)]
    held = [
        Span("lock", run.time("has", who=who), run.time("gives back", who=who), "holds", (who,))
        for who in ("thread-1", "thread-3", "thread-4")
    ]
    return Timeline(lanes, (*threads, *held), (), tuple(annotations(run, threads=True)))


if __name__ == "__main__":
    show(picture)
