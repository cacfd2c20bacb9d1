"""The package stops: readers first, then the broker, then the writers."""

import dataclasses
import threading
import time

from harness import RecordedServer, show

from msgproxy.concurrency.threads import ServerThread
from msgproxy.picture import Picture, Timeline, draw, timeline_from_hops
from msgproxy.picture.timeline import lanes_of
from msgproxy.tracing.hops import Hop

CAPTION = (
    "First the readers end. Then an event on the inbound queue, after the last message, tells the "
    "broker to stop. It puts a Close frame after everything that waits for a client, and ends; the "
    "writers send that, and end too. The thread that accepts waits for all of them"
)


def picture() -> Picture:
    """Three clients; one says something, and the server stops."""
    ends = note_ends()
    with RecordedServer() as run:
        for number in (1, 2, 3):
            run.join(number)
        run.forget()
        run.say(1, "one last thing")
        for number in (2, 3):
            assert run.hear(number) == "one last thing"
        stop(run)
        hops = run.hops()
    assert [client.close_code for client in run.clients.values()] == [1001, 1001, 1001]
    last = [hop for hop in hops if hop.items == ("stopped",)]
    assert [(hop.act, hop.thread) for hop in last[:2]] == [("put", "accept"), ("got", "broker")]
    close_frames = [hop for hop in hops if hop.items == ("close",) and hop.act == "put"]
    assert {hop.queue for hop in close_frames} == {"outbound-1", "outbound-2", "outbound-3"}
    assert all(hop.thread == "broker" and hop.time > last[1].time for hop in close_frames)
    return draw(timeline(hops, ends, last[0].time), title="A stop", caption=CAPTION)


def stop(run: RecordedServer) -> None:
    """Stop the server, and look after the clients until each has its Close frame."""
    stopping = threading.Thread(target=run.server.close)
    stopping.start()
    run.until(lambda: all(client.end for client in run.clients.values()))
    for client in run.clients.values():
        client.close()  # the server waits for that
    stopping.join()


def note_ends() -> dict[str, int]:
    """Have each thread of a server note when it ends."""
    ends: dict[str, int] = {}

    def run_and_note(thread: ServerThread) -> None:
        threading.Thread.run(thread)
        ends[thread.name] = time.monotonic_ns()

    ServerThread.run = run_and_note  # type: ignore[method-assign]
    return ends


def timeline(hops: list[Hop], noted: dict[str, int], stopped: int) -> Timeline:
    """Add to the hops when each thread has ended."""
    # `accept` joins the readers before it puts `Stopped`: they had ended by then.
    ends = {
        name: min(time, stopped) if name.startswith("reader") else time
        for name, time in noted.items()
    }
    drawn = timeline_from_hops(hops)
    spans = (
        dataclasses.replace(span, end=ends[span.lane], is_open=False) if span.is_open else span
        for span in drawn.spans
    )
    lanes = lanes_of({lane.name for lane in drawn.lanes} | noted.keys(), ends)
    return dataclasses.replace(drawn, lanes=lanes, spans=tuple(spans))


if __name__ == "__main__":
    show(picture)
