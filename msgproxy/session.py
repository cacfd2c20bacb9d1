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
import time
from typing import Any

from msgproxy import events, threads
from msgproxy.connection import Connection
from msgproxy.events import GOING_AWAY, INTERNAL_ERROR, TOO_SLOW, Farewell, Outgoing
from msgproxy.handshake import Policy
from msgproxy.ownership import owned_by
from msgproxy.snapshot import ClientSnapshot, Traffic
from msgproxy.wire import Control, Said, encode_close

log = logging.getLogger(__name__)


class Session:
    """The server's side of one client: its outbound queue, its reader, its writer."""

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
        self._outbound = outbound
        self._ended = ended
        self._close_timeout = close_timeout
        self._traffic = Traffic()
        self.reader = threads.make(self._run_reader, f"reader-{number}")
        self.writer = threads.make(self._run_writer, f"writer-{number}")

    # Called by the accepting thread.

    def start(self, policy: Policy) -> None:
        """Begin. Raise RuntimeError if the system gives no more threads."""
        self._policy = policy
        self.reader.start()

    # Called by the broker thread.

    @owned_by("broker")
    def send(self, outgoing: Outgoing) -> bool:
        """Queue frames for the client, without waiting; return False if there is no room."""
        return self._put(outgoing)

    @owned_by("broker")
    def end(self, farewell: Farewell) -> None:
        """Let the client have what waits for it, then say goodbye. There is always room for it."""
        frames = (encode_close(farewell),) if farewell.can_be_sent else ()
        self._put(Outgoing(frames, events.BOOKKEEPING, is_last=True))

    # Called by any thread.

    def abort(self) -> None:
        """Cut the client off now, without a word. Its own threads notice, and clear up."""
        self._connection.abort()

    def snapshot(self) -> ClientSnapshot:
        """Return how it stands with this client."""
        peer, waiting = self._connection.peer, self._outbound.qsize()
        return self._traffic.snapshot(self.number, peer, waiting)

    def _put(self, outgoing: Outgoing) -> bool:
        try:
            self._outbound.put_nowait(outgoing)
        except queue.Full:
            return False
        return True

    # The reader thread.

    def _run_reader(self) -> None:
        """Run the reader thread: let the client in, and pass on what it says until it leaves.

        This is the only thread that receives from the client. It never sends to a client that
        has come in: a pong sent from here could land inside a large frame of the writer's.
        """
        try:
            if welcome := self._connection.handshake(self._policy):
                self._join(welcome)
        except Exception as error:
            threads.report_death(log, error)
        finally:
            if self.writer.ident is None:  # never started: the reader is the last thread
                self._close()

    def _join(self, welcome: bytes) -> None:
        """Be among those who hear what is said, until the client leaves or the server stops."""
        farewell: Farewell | None = INTERNAL_ERROR  # if what follows fails
        try:
            self._traffic.join()
            # The writer is started last, and the welcome is the first that it sends. So whoever
            # has been welcomed has joined, and misses nothing that is said from then on.
            self._put(Outgoing((welcome,), events.BOOKKEEPING))
            self._inbound.put(events.Joined(self))
            self.writer.start()
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
                    self._traffic.came_in(size)
                    # May have to wait. That is how a fast sender is slowed down.
                    self._inbound.put(events.Received(self, message, size + events.BOOKKEEPING))
                case Control(frame):
                    if not self._put(Outgoing((frame,), len(frame) + events.BOOKKEEPING)):
                        return TOO_SLOW
                case Farewell():
                    return item
        return None

    # The writer thread.

    def _run_writer(self) -> None:
        """Run the writer thread: send what stands on the outbound queue, until the last of it.

        This is the only thread that sends to the client, so frames never mix. It is also the
        session's last thread, and the one that closes the socket.
        """
        try:
            self._send_all()
        except TimeoutError:
            log.warning("cut off: takes too little of what it is sent")
            self.abort()
        except OSError as error:
            log.info("cannot send: %s", error.strerror or error)
            self.abort()
        except Exception as error:
            threads.report_death(log, error)
            self.abort()
        finally:
            self._part()

    def _send_all(self) -> None:
        is_last = False
        while not is_last:
            batch: list[Outgoing] = self._outbound.get()
            is_last = batch[-1].is_last
            size = self._connection.send([frame for item in batch for frame in item.frames])
            self._traffic.went_out(sum(item.messages for item in batch), size)

    def _part(self) -> None:
        """Give the client the close timeout to hang up, then close the socket."""
        deadline = time.monotonic() + self._close_timeout
        self._connection.finish_sending()
        # As a rule the reader has ended by now. But that of a client that was cut off still reads.
        if threads.join(self.reader, deadline):
            self._connection.linger(deadline)
        self._connection.abort()
        # Without a deadline: on the socket nothing can be waited for any more, and what it puts
        # on the inbound queue, the broker takes. The socket must not be closed before.
        self.reader.join()
        self._close()

    def _close(self) -> None:
        self._connection.close()
        self._ended.put(self)
