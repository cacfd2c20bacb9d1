"""One round of a race: two clients speak at once.

Rule: a race needs luck, so there are many rounds; each is noted for itself.
"""

from __future__ import annotations

from harness.step import Observed
from msgproxy.tracing.hops import Hop, Item


class Round:
    """Clients 1 and 2 say something at once, and all hear it. The hops are those of this round."""

    def __init__(self, run: Observed) -> None:
        run.forget()
        self._run = run
        run.say_at_once({1: "one", 2: "two"})
        run.until(lambda: all(self._sent(run.hops, number) for number in (1, 2, 3, 4)))
        self.hops = sorted(run.hops, key=lambda hop: hop.time)

    def _sent(self, hops: list[Hop], number: int) -> bool:
        sent = [hop for hop in list(hops) if (hop.thread, hop.act) == (f"writer-{number}", "sent")]
        return len(sent) == (1 if number <= 2 else 2)

    def order(self, number: int | str) -> list[Item]:
        """Return in which order messages came to a client, or to a queue."""
        thread = "broker" if number == "inbound" else f"writer-{number}"
        return [hop.items[0] for hop in self.hops if (hop.thread, hop.act) == (thread, "got")]

    def distance(self) -> int:
        """Return how many ns were between the two messages, as the server received them."""
        first, second = (hop.time for hop in self.hops if hop.act == "received")
        return second - first

    def without(self, *ends: str) -> list[Hop]:
        """Return the hops but for those at some clients' outbound queues."""
        left_out = tuple(f"outbound{end}" for end in ends)
        kept = [hop for hop in self.hops if not hop.queue.endswith(left_out)]
        # That a message was received is not about a queue: it is noted with the first put.
        lost = [hop for hop in self.hops if hop not in kept and hop.act == "received"]
        return sorted(
            [*kept, *(hop._replace(queue=kept[0].queue) for hop in lost)], key=lambda hop: hop.time
        )
