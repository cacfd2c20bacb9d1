"""Scenes that several pictures share, so that they can be compared: a burst, and a race."""

from __future__ import annotations

from harness.step import RunningStep
from msgproxy.tracing.hops import Hop, Item


class Burst:
    """What a step has done with a burst: client 1 says several things, clients 2 and 3 listen."""

    def __init__(self, step: str, count: int) -> None:
        with RunningStep(step) as run:
            self._notes = run.notes
            for number in (1, 2, 3):
                run.join(number)
            run.notes.forget()
            words = [f"number {one}" for one in range(1, count + 1)]
            said = [run.notes.say(1, each) for each in words]
            run.crew.say(run.clients[1], *words)
            received = [run.clients[number].heard for number in (2, 3)]
            run.until(lambda: all(len(each) == count for each in received))
            run.stop_noting()
        for number in (2, 3):
            assert [note.item for note in run.of(f"client {number}", "hears")] == said

    def hops(self) -> list[Hop]:
        """Return the hops without those of client 3, for whom it is the same as for client 2."""
        return [hop for hop in self._notes.in_order() if not hop.queue.endswith("-3")]

    def takes(self, thread: str) -> list[int]:
        """Return how many items a thread has taken, each time that it has taken some."""
        return [len(hop.items) for hop in self._notes.acts("got") if hop.thread == thread]

    def sends(self, thread: str) -> int:
        """Return how often a thread has called `sendall`."""
        return len(self._notes.of(thread, "sends"))


class Round:
    """One round of a race: clients 1 and 2 say something at once, and clients 1 to 4 hear it.

    A race needs luck, so there are many rounds; `hops` are those of this one.
    """

    def __init__(self, run: RunningStep) -> None:
        run.notes.forget()
        self._hops = run.notes.hops
        for number, words in ((1, "one"), (2, "two")):
            run.notes.say(number, words)
            run.clients[number].say(words)
        for number in (1, 2):  # as nearly at the same moment as one thread can
            run.clients[number].flush()
        run.until(lambda: all(self._sent(number) for number in (1, 2, 3, 4)))
        self.hops = run.notes.in_order()

    def _sent(self, number: int) -> bool:
        wanted = (f"writer-{number}", "sent")
        sent = [hop for hop in list(self._hops) if (hop.thread, hop.act) == wanted]
        return len(sent) == (1 if number <= 2 else 2)

    def order(self, number: int | str) -> list[Item]:
        """Return in which order messages came to a client, or to a queue."""
        thread = "broker" if number == "inbound" else f"writer-{number}"
        return [hop.items[0] for hop in self.hops if (hop.thread, hop.act) == (thread, "got")]

    def distance(self) -> int:
        """Return the ns between the two messages, as the server received them."""
        first, second = (hop.time for hop in self.hops if hop.act == "received")
        return second - first

    def without(self, *ends: str) -> list[Hop]:
        """Return the hops without those at some clients' outbound queues."""
        left_out = tuple(f"outbound{end}" for end in ends)
        kept = [hop for hop in self.hops if not hop.queue.endswith(left_out)]
        # That a message was received is about no queue: it is noted with the first put.
        lost = [hop for hop in self.hops if hop not in kept and hop.act == "received"]
        moved = [hop._replace(queue=kept[0].queue) for hop in lost]
        return sorted([*kept, *moved], key=lambda hop: hop.time)
