"""One client that has been accepted, from its handshake to its Close frame.

Rule: a session's two threads never call each other. What the reader has for the writer goes
through the outbound queue, like everything else.

How a session usually ends. Each step is the cause of the next:

1. the reader learns that it is over (a Close frame, the end of the connection, silence, a
   broken rule), puts `Left` on the inbound queue, and ends;
2. the broker takes `Left`, removes the session, and puts a Close frame on its outbound queue,
   after everything that it has put there before;
3. the writer sends all of it, the Close frame last, waits for the client to hang up, and
   closes the socket.

Some ends begin elsewhere. A writer that notices a broken connection first aborts it, so that the
reader wakes up and does 1. The broker cuts off a client that is too slow: that begins with 2, and
1 comes when the client hangs up. In a stop, one `Stopped` takes the place of every `Left`.
"""

from __future__ import annotations

import logging
import queue
import time
from collections.abc import Callable

from msgproxy.concurrency.ownership import owned_by
from msgproxy.connection import Connection
from msgproxy.events import (
    ITEM_OVERHEAD,
    LOST,
    CloseReason,
    Event,
    Joined,
    Left,
    OutgoingBatch,
)
from msgproxy.queues import BatchQueue
from msgproxy.snapshot import ClientSnapshot, Traffic
from msgproxy.writer import Writer

log = logging.getLogger(__name__)


class Session:
    """The server's side of one accepted client. Its reader makes it, after the handshake."""

    arrival = "joined"
    """What it has done, in the log, once it has begun."""

    reason_in_stop: CloseReason | None = None
    """Why it leaves when the server stops. It does not: the broker closes all sessions at once."""

    def __init__(
        self,
        number: int,
        connection: Connection,
        inbound: BatchQueue[Event],
        outbound: BatchQueue[OutgoingBatch],
        on_end: Callable[[], None],
    ) -> None:
        """`on_end` is called by the writer, the last thread of the session."""
        self.number = number
        self.inbound = inbound
        self.outbound = outbound
        self.traffic = Traffic(joined_at=time.monotonic())
        self.writer = Writer(number, connection, outbound, self.traffic, on_end)
        self._connection = connection

    # Called by the reader thread.

    @owned_by("reader")
    def join(self, welcome: bytes) -> None:
        """Begin: from now on the client gets what others say.

        Raise RuntimeError if the system gives no more threads.
        """
        # The writer is started last, and `welcome` is the first that it sends. So a client that
        # has been welcomed has joined, and misses nothing that is said from then on.
        self.outbound.put(OutgoingBatch((welcome,), ITEM_OVERHEAD))
        self.inbound.put(Joined(self))
        self.writer.start()
        log.info("%s from %s", self.arrival, self._connection.peer)

    @owned_by("reader")
    def answer(self, frame: bytes) -> bool:
        """Let the writer send a frame, a pong. Return False if the client is too slow for it."""
        try:
            self.outbound.put(OutgoingBatch((frame,), len(frame) + ITEM_OVERHEAD))
        except queue.Full:
            return False
        return True

    @owned_by("reader")
    def leave(self, reason: CloseReason) -> None:
        """End. The client still gets what others have said before."""
        if reason.code == LOST:
            self.abort()  # spare the writer from sending to a client that is not there
        self.inbound.put(Left(self, reason))

    # Called by any thread.

    def abort(self) -> None:
        """Cut the client off now, without a Close frame. Its own threads notice, and clear up."""
        self._connection.abort()

    def snapshot(self) -> ClientSnapshot:
        """Return the state of this client, as data."""
        peer, waiting = self._connection.peer, self.outbound.bytes_waiting
        return self.traffic.snapshot(self.number, peer, waiting)
