"""Step 1: the second client waits until the first one leaves."""

from harness import RunningStep, annotations, show, spans, transits

from msgproxy.picture import Lane, Picture, Span, Timeline, draw

CAPTION = (
    "One thread serves the clients, one after the other. Nearly all the time it only waits for "
    "the next words of client 1, and still client 2, which has connected, is not served until "
    "client 1 leaves"
)


def picture() -> Picture:
    """Client 2 connects while client 1 is there, which goes on talking and leaves in the end."""
    with RunningStep("step01_echo", role="") as run:
        run.join(1)
        hello = run.say(1, "hello")
        run.until(lambda: run.find("hears", hello, "client 1"))
        run.ask(2)
        run.crew.pause(0.5)
        here = run.say(1, "I am still here")
        run.until(lambda: run.find("hears", here, "client 1"))
        run.leave(1)
        run.until(lambda: run.find("receives", whom="client 2"))
        finally_ = run.say(2, "at last")
        run.until(lambda: run.find("hears", finally_, "client 2"))
        run.stop_noting()
    asked, let_in = run.time("asks", "joined 2"), run.time("lets in", "joined 2")
    assert asked < run.time("hears", here) < run.time("loses") < let_in
    return draw(timeline(run, asked, let_in), title="The second client waits", caption=CAPTION)


def timeline(run: RunningStep, asked: int, let_in: int) -> Timeline:
    """Draw what the only thread does, and that client 2 waits for it."""
    boxes = (
        *spans(run, "server", idle="the next words of its client"),
        Span("client 2", asked, let_in, "waits", ("joined 2",), waits_for="the server's thread"),
    )
    return Timeline(
        (Lane("client 1"), Lane("server", note="one thread"), Lane("client 2")),
        boxes,
        tuple(transits(run, (1, 2))),
        tuple(annotations(run)),
    )


if __name__ == "__main__":
    show(picture)
