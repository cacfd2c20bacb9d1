"""One connected client, from the accepted socket to the farewell.

Rule: a session's two threads never call each other. What the reader has for the writer goes
through the outbound queue, like everything else.

How a session ends, as a rule. Each step is the cause of the next:

1. the reader learns that it is over (a Close frame, the end of the connection, silence, a
   broken rule), puts `Left` on the inbound queue, and ends;
2. the broker takes `Left`, forgets the session, and puts the farewell on its outbound queue,
   behind everything that it has put there before;
3. the writer sends all of it, the Close frame last, waits for the client to hang up, and
   closes the socket.

Some begin elsewhere. A writer that notices a broken connection first aborts it, so that the
reader wakes up and does 1. A client that is too slow is cut off by the broker: that begins with
2, and 1 comes when it hangs up. In a stop, one `Stopped` stands for the `Left` of all.
"""

from __future__ import annotations

import logging
import queue
from typing import Any

from msgproxy import events
from msgproxy.concurrency import threads
from msgproxy.concurrency.ownership import owned_by
from msgproxy.connection import Connection
from msgproxy.events import GOING_AWAY, INTERNAL_ERROR, TOO_SLOW, Farewell, Outgoing
from msgproxy.protocol.frames import Admission, Control, Said, encode_close
from msgproxy.protocol.handshake import TRACE, Policy
from msgproxy.queues import Queues, Unheard
from msgproxy.snapshot import ClientSnapshot, Look, Traffic
from msgproxy.writer import Writer

log = logging.getLogger(__name__)


class Session:
    """The server's side of one client: its reader, its writer, and its place in the proxy."""

    def __init__(
        self,
        number: int,
        connection: Connection,
        inbound: queue.Queue[Any],
        outbound: queue.Queue[Any],
        ended: queue.SimpleQueue[Session],
        close_timeout: float,
    ) -> None:
        self.number = number
        self._connection = connection
        self._inbound = inbound
        self._ended = ended
        self._close_timeout = close_timeout
        self._traffic = Traffic()
        self._writer = Writer(number, connection, self._traffic)
        self._writer.outbound = outbound
        self.reader = threads.make(self._run_reader, f"reader-{number}")
        self.writer = self._writer.thread

    # Called by the accepting thread.

    def start(self, policy: Policy, queues: Queues, look: Look) -> None:
        """Begin. Raise RuntimeError if the system gives no more threads.

        `queues` and `look` are for who comes to watch: where its queue is from, and what it sees.
        """
        self._policy, self._queues, self._look = policy, queues, look
        self.reader.start()

    # Called by the broker thread.

    @owned_by("broker")
    def send(self, outgoing: Outgoing) -> bool:
        """Queue frames for the client, without waiting; return False if there is no room."""
        return self._writer.put(outgoing)

    @owned_by("broker")
    def end(self, farewell: Farewell) -> None:
        """Let the client have what waits for it, then say goodbye. There is always room for it."""
        self._say_goodbye(farewell)

    # Called by any thread.

    def abort(self) -> None:
        """Cut the client off now, without a word. Its own threads notice, and clear up."""
        self._connection.abort()

    def snapshot(self) -> ClientSnapshot:
        """Return how it stands with this client."""
        peer, waiting = self._connection.peer, self._writer.outbound.qsize()
        return self._traffic.snapshot(self.number, peer, waiting)

    # The reader thread.

    def _run_reader(self) -> None:
        """Run the reader thread: let the client in, and pass on what it says until it leaves.

        This is the only thread that receives from the client. It never sends to a client that
        has come in: a pong sent from here could land inside a large frame of the writer's.
        """
        try:
            if admission := self._connection.handshake(self._policy):
                self._let_in(admission)
        except Exception as error:
            threads.report_death(log, error)
        finally:
            if self.writer.ident is None:  # never started: the reader is the last thread
                self._close()

    def _let_in(self, admission: Admission) -> None:
        if admission.request.path == TRACE:
            self._watch(admission)
        else:
            self._join(admission.welcome)

    def _join(self, welcome: bytes) -> None:
        """Be among those who hear what is said, until the client leaves or the server stops."""
        farewell: Farewell | None = INTERNAL_ERROR  # if what follows fails
        try:
            self._traffic.join()
            # The writer is started last, and the welcome is the first that it sends. So whoever
            # has been welcomed has joined, and misses nothing that is said from then on.
            self._writer.put(Outgoing((welcome,), events.BOOKKEEPING))
            self._inbound.put(events.Joined(self))
            self._start_writer()
            log.info("joined from %s", self._connection.peer)
            farewell = self._pass_on()
        finally:
            log.info("left: %s", farewell or GOING_AWAY)
            # In a stop the client has not left: it still gets what others have said before,
            # and the broker's goodbye comes behind that, for all at once.
            if farewell:
                self._leave(farewell)

    def _leave(self, farewell: Farewell) -> None:
        if not farewell.can_be_sent:
            self._connection.abort()  # nobody is there: the writer need not try any longer
        self._inbound.put(events.Left(self, farewell))

    def _pass_on(self) -> Farewell | None:
        """Pass on what the client says. Return why it leaves; None if the server stops."""
        for item in self._connection.receive():
            match item:
                case Said(message, size):
                    number = self._traffic.came_in(size)
                    size += events.BOOKKEEPING
                    # May have to wait. That is how a fast sender is slowed down.
                    self._inbound.put(events.Received(self, message, size, number))
                case Control(frame):
                    if not self._writer.put(Outgoing((frame,), len(frame) + events.BOOKKEEPING)):
                        return TOO_SLOW
                case Farewell():
                    return item
        return None

    def _watch(self, admission: Admission) -> None:
        """Be shown what goes on inside, with no part in it: the broker never hears of it.

        Its threads are those of any client. Only their queues are others: one that nobody takes
        from, for what it says, and one that fills by itself, for what it sees.
        """
        self._inbound = Unheard()
        self._writer.outbound = self._queues.viewer(self._look, admission.request.target)
        self._writer.put(Outgoing((admission.welcome,), events.BOOKKEEPING))
        self._start_writer()
        farewell = INTERNAL_ERROR  # if what follows fails
        try:
            log.info("watches from %s", self._connection.peer)
            farewell = self._pass_on() or GOING_AWAY
        finally:
            log.info("watches no longer: %s", farewell)
            if not farewell.can_be_sent:
                self._connection.abort()
            self._say_goodbye(farewell)

    def _start_writer(self) -> None:
        self._writer.start(self.reader, self._close, self._close_timeout)

    def _say_goodbye(self, farewell: Farewell) -> None:
        frames = (encode_close(farewell),) if farewell.can_be_sent else ()
        self._writer.put(Outgoing(frames, events.BOOKKEEPING, is_last=True))

    # The session's last thread: as a rule the writer.

    def _close(self) -> None:
        self._connection.close()
        self._ended.put(self)
