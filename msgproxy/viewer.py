"""A session that only watches: it is shown what goes on inside, and has no part in it.

Rule: the broker does not know of viewers. Its threads are those of any client; only its queues
differ. What it says goes to a queue from which nobody takes. What it sees is on an outbound queue
that fills by itself (`Queues.viewer_queue`).
"""

from __future__ import annotations

from collections.abc import Callable

from msgproxy.concurrency.ownership import owned_by
from msgproxy.connection import Connection
from msgproxy.events import GOING_AWAY, CloseReason, Event, OutgoingBatch
from msgproxy.protocol.frames import close_batch
from msgproxy.queues import BatchQueue
from msgproxy.session import Session


class DiscardQueue(BatchQueue[Event]):
    """Accepts everything and keeps nothing."""

    def _put(self, item: Event) -> None:
        """Drop it. Nobody observes this queue, so nobody is told."""


class Viewer(Session):
    """The session of a viewer."""

    arrival = "watches"
    reason_in_stop = GOING_AWAY

    def __init__(
        self,
        number: int,
        connection: Connection,
        outbound: BatchQueue[OutgoingBatch],
        on_end: Callable[[], None],
    ) -> None:
        super().__init__(number, connection, DiscardQueue(), outbound, on_end)

    # Called by the reader thread.

    @owned_by("reader")
    def leave(self, reason: CloseReason) -> None:
        """End. The broker does not know this session, so its own reader puts the Close frame."""
        super().leave(reason)
        self.outbound.put(close_batch(reason))
