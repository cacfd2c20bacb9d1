"""The reader: receives what one client sends, and passes it on to the broker.

Rule: the reader never sends to a client that has been accepted. A pong sent from here could land
inside a large frame that the writer is sending; so a pong goes through the outbound queue, too.

At first a client is only a reader: this thread reads the request. A client that is accepted gets
a session, with a writer. One that is turned away is answered by the reader, and has no writer.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Thread

from msgproxy.admission import admit
from msgproxy.concurrency import threads
from msgproxy.connection import Connection
from msgproxy.events import (
    GOING_AWAY,
    INTERNAL_ERROR,
    ITEM_OVERHEAD,
    TOO_SLOW,
    CloseReason,
    MessageId,
    Received,
)
from msgproxy.protocol.frames import ControlFrame, ReceivedMessage
from msgproxy.protocol.handshake import TRACE
from msgproxy.protocol.http import Admission
from msgproxy.session import Session
from msgproxy.shared import Shared
from msgproxy.viewer import Viewer

log = logging.getLogger(__name__)


class Reader:
    """Receives from one client, in a thread of its own, from the accepted socket to the end."""

    def __init__(
        self,
        number: int,
        connection: Connection,
        shared: Shared,
        on_end: Callable[[Reader], None],
        *,
        is_full: bool,
    ) -> None:
        """The last of the client's threads calls `on_end` when it has nothing left to do.

        With `is_full`, there is no room for another client: this one will be told so.
        """
        self.thread = threads.new_thread(self.run, f"reader-{number}")
        self.writer: Thread | None = None
        """Set by the reader thread; others look at it when that thread has ended."""
        self.is_full = is_full
        self._number = number
        self._connection = connection
        self._shared = shared
        self._on_end = on_end

    # Called by any thread.

    def abort(self) -> None:
        """Cut the client off now. Its own threads notice, and clear up."""
        self._connection.abort()

    # The reader thread.

    def run(self) -> None:
        """Run the reader thread: accept the client, and pass on what it says until it leaves.

        This is the only thread that receives from the client, so its messages keep their order.
        """
        try:
            if admission := admit(self._connection, self._shared, is_full=self.is_full):
                self._serve(self._make_session(admission), admission)
        except Exception as error:
            threads.log_crash(log, error)
        finally:
            self._connection.finish_receiving()
            if self.writer is None or self.writer.ident is None:  # not made, or not started
                self._end()  # without a writer, the reader is the last thread

    def _make_session(self, admission: Admission) -> Session:
        shared, number = self._shared, self._number
        if admission.request.path == TRACE:
            seen = shared.queues.viewer_queue(shared.take_snapshot, admission.request.target)
            return Viewer(number, self._connection, seen, self._end)
        made = shared.queues.outbound(shared.limits, number)
        outbound = shared.queues.wrap(made, f"outbound-{number}")
        session = Session(number, self._connection, shared.inbound, outbound, self._end)
        session.traffic.target = admission.request.target
        return session

    def _serve(self, session: Session, admission: Admission) -> None:
        self.writer = session.writer.thread
        reason: CloseReason | None = INTERNAL_ERROR  # if what follows fails
        try:
            session.join(admission.welcome)
            reason = self.read_loop(session, admission.early_bytes) or session.reason_in_stop
        finally:
            log.info("left: %s", reason or GOING_AWAY)
            if reason:
                session.leave(reason)

    def read_loop(self, session: Session, early_bytes: bytes) -> CloseReason | None:
        """Pass on what the client says. Return why it leaves; None if the server stops."""
        for item in self._connection.receive(early_bytes):
            match item:
                case ReceivedMessage(message, size):
                    session.traffic.messages_in += 1
                    session.traffic.bytes_in += size
                    name = MessageId(session.number, session.traffic.messages_in)
                    # This may have to wait. That is how a fast sender is slowed down.
                    session.inbound.put(Received(session, message, size + ITEM_OVERHEAD, name))
                case ControlFrame(frame):
                    if not session.answer(frame):
                        return TOO_SLOW
                case CloseReason():
                    return item
        return None

    # Called by the last of the client's threads: its writer, or the reader if there is none.

    def _end(self) -> None:
        self._connection.close()
        self._on_end(self)
