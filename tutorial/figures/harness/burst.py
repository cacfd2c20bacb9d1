"""A burst: one client says several things at once, and the others hear them.

Rule: the same one for each step, so that their pictures can be compared.
"""

from __future__ import annotations

from harness.socket_step import Bare
from msgproxy.tracing.hops import Hop


class Burst:
    """What a step has done with it, once it is over."""

    def __init__(self, step: str, count: int) -> None:
        """Let client 1 say so many things, and clients 2 and 3 listen."""
        with Bare(step) as run:
            for number in (1, 2, 3):
                run.join(number)
            run.forget()
            said = run.burst(1, *(f"number {one}" for one in range(1, count + 1)))
            heard = [run.clients[number].heard for number in (2, 3)]
            run.until(lambda: all(len(each) == count for each in heard))
            run.cut()
        for number in (2, 3):
            assert [note.item for note in run.of(f"client {number}", "hears")] == said
        self._run = run

    def hops(self) -> list[Hop]:
        """Return the hops but those of client 3, with whom it is as with client 2."""
        hops = sorted(self._run.hops, key=lambda hop: hop.time)
        return [hop for hop in hops if not hop.queue.endswith("-3")]

    def takes(self, thread: str) -> list[int]:
        """Return how many items a thread has taken, each time that it has taken some."""
        return [len(hop.items) for hop in self._run.acts("got") if hop.thread == thread]

    def sends(self, thread: str) -> int:
        """Return how often a thread has called `sendall`."""
        return len(self._run.of(thread, "sends"))
