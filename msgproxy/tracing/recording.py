"""Recording: what a server is given instead of plain queues, when somebody wants to see.

Rule: nothing else of the server changes, and no line of its threads is about it.
"""

from __future__ import annotations

import math
import queue
import time
from typing import Any

from msgproxy.around import QueuesAround
from msgproxy.limits import Limits
from msgproxy.queues import Queues
from msgproxy.tracing.hops import Hop, Ring
from msgproxy.tracing.recorded import record

RING = 200_000
"""What a recording keeps at the most: a hop counts as one, and so does each item in it."""


class Recording(QueuesAround):
    """Makes queues that record: give it to a server, and ask it for the hops.

    With other `queues` it records those; they have to be `BatchQueue`s. It takes `limit` items at
    the most (see `RING`). If it is not on from the start, it is after each `listen`.
    """

    def __init__(
        self, queues: Queues | None = None, *, limit: int = RING, is_on: bool = True
    ) -> None:
        super().__init__(queues)
        self._ring = Ring(limit)
        self._until = math.inf if is_on else -math.inf

    def inbound(self, limits: Limits) -> queue.Queue[Any]:
        """Make the inbound queue, recorded."""
        return record(super().inbound(limits), "inbound", self.is_on, self._ring.put)

    def outbound(self, limits: Limits, number: int) -> queue.Queue[Any]:
        """Make an outbound queue, recorded."""
        made = super().outbound(limits, number)
        return record(made, f"outbound-{number}", self.is_on, self._ring.put)

    def bridge(self, limits: Limits) -> queue.Queue[Any]:
        """Make the queue to a bridge, recorded."""
        return record(super().bridge(limits), "outbound-0", self.is_on, self._ring.put)

    # Called by any thread.

    def listen(self, seconds: float) -> None:
        """Be on from now for some seconds."""
        self._until = max(self._until, time.monotonic() + seconds)

    def is_on(self) -> bool:
        """Whether hops are noted now."""
        return time.monotonic() < self._until

    def latest(self, since: int = 0, at_most: float = math.inf) -> list[Hop]:
        """Return the last hops, from number `since`, oldest first; `at_most` so many of them.

        Where the first has not the number asked for, the hops between have been lost.
        """
        return self._ring.latest(since, at_most)

    def next_number(self) -> int:
        """Return the number that the next hop will get."""
        return self._ring.next_number

    def hops(self) -> list[Hop]:
        """Return all hops that are kept, in the order of time."""
        return sorted(self.latest(), key=lambda hop: hop.time)
