"""Step 1: the second client waits until the first one leaves."""

from harness import Observed, draw_waiting, flights, marks, show

from msgproxy.picture import Lane, Picture, Span, Timeline

CAPTION = (
    "One thread serves the clients, one after the other. Client 2 has connected, and waits to "
    "be let in, until client 1 leaves"
)


def picture() -> Picture:
    """Client 2 connects while client 1 is there, which goes on talking and leaves at last."""
    with Observed("step01_echo") as run:
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
        run.cut()
    gone, let_in = run.time("loses"), run.time("lets in", "joined 2")
    assert run.time("asks", "joined 2") < run.time("hears", here) < gone < let_in
    spans = (
        Span("server", run.time("lets in", "joined 1"), gone, "works", (hello, here)),
        Span("client 2", run.time("asks", "joined 2"), let_in, "waits", ("joined 2",)),
        Span("server", let_in, run.notes[-1].time, "works", (finally_,), is_open=True),
    )
    timeline = Timeline(
        (Lane("client 1"), Lane("server", note="one thread"), Lane("client 2")),
        spans,
        tuple(flights(run, (1, 2))),
        tuple(marks(run)),
    )
    return draw_waiting(
        timeline, title="The second client waits", caption=CAPTION, what="the server's thread"
    )


if __name__ == "__main__":
    show(picture)
