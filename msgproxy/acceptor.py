"""The accepting thread: lets clients in, and in the end sees everyone out.

Rule: this thread owns the listener and the list of sessions, from the start to the very end.
So it is also the one that stops the server. Everyone else can only ask it to, by the signal.

Who ends whom:

========  ===============================  ====================================  ==============
thread    waits for                        is woken by                           is joined by
========  ===============================  ====================================  ==============
accept    a connection                     a connection, the stop signal         `Server.close`
reader    bytes from its client            bytes, the end of the connection,     its writer;
                                           `abort`, silence, the stop signal     in a stop accept
reader    room on the inbound queue        the broker
broker    an item on the inbound queue     any item; the last one is `Stopped`   accept
writer    an item on its outbound queue    any item; the last one says goodbye   accept
writer    its client, in `sendall`         the client, `abort`, ping timeout
writer    its client, to hang up           the client, `abort`, close timeout
========  ===============================  ====================================  ==============

A stop goes the way of the messages, so that nothing is lost that a reader has taken: listener,
readers, broker, writers. Whoever is not done within the close timeout is cut off.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import queue
import socket
import time
from dataclasses import replace

from msgproxy import threads
from msgproxy.broker import Broker
from msgproxy.connection import Connection
from msgproxy.events import Stopped
from msgproxy.handshake import Policy
from msgproxy.limits import Limits
from msgproxy.queues import Queues
from msgproxy.session import Session
from msgproxy.stop import StopSignal, Wake

log = logging.getLogger(__name__)

REFUSED_AT_ONCE = 64
"""Clients beyond the limit that are told so at a time; more than that wait to be accepted."""

PAUSE = 0.2
"""Seconds until the next try, when a client could not be accepted."""


class Acceptor:
    """Accepts clients, and starts and ends everyone's threads."""

    def __init__(
        self,
        listener: socket.socket,
        stop: StopSignal,
        broker: Broker,
        policy: Policy,
        limits: Limits,
        queues: Queues,
    ) -> None:
        self._listener = listener
        self._stop = stop
        self._broker = broker
        self._policy = policy
        self._limits = limits
        self._queues = queues
        self._broker_thread = threads.make(broker.run, "broker")
        self._numbers = itertools.count(1)
        self._sessions: set[Session] = set()
        self._ended: queue.SimpleQueue[Session] = queue.SimpleQueue()

    def run(self) -> None:
        """Run the accepting thread: accept clients until the stop, then end everything.

        This is the only thread that knows all sessions, also those that have not joined.
        """
        self._broker_thread.start()
        try:
            self._accept_until_stopped()
        except Exception as error:
            threads.report_death(log, error)
        finally:
            self._stop.set()
            self._end_all()

    def _accept_until_stopped(self) -> None:
        while self._stop.wait(self._listener, None) is not Wake.STOP:
            while not self._ended.empty():
                self._sessions.discard(self._ended.get_nowait())
            if len(self._sessions) >= self._limits.max_clients + REFUSED_AT_ONCE:
                self._stop.sleep(PAUSE)
                continue
            try:
                self._begin(*self._listener.accept())
            except BlockingIOError:
                pass  # it has gone again already
            except (OSError, RuntimeError) as error:  # no more files, or no more threads
                log.warning("cannot accept a client: %s", error)
                self._stop.sleep(PAUSE)

    def _begin(self, sock: socket.socket, address: tuple[str, int]) -> None:
        """Start a session. Raise OSError or RuntimeError, with the socket closed, if it fails."""
        number = next(self._numbers)
        is_full = len(self._sessions) >= self._limits.max_clients
        with contextlib.ExitStack() as undo:
            undo.callback(sock.close)
            peer = f"{address[0]}:{address[1]}"
            session = Session(
                number,
                Connection(sock, peer, self._stop, self._limits),
                self._broker.inbound,
                self._queues.outbound(self._limits, number),
                self._ended,
                self._limits.close_timeout,
            )
            session.start(replace(self._policy, full=is_full))
            undo.pop_all()
        self._sessions.add(session)

    def _end_all(self) -> None:
        deadline = time.monotonic() + self._limits.close_timeout
        self._listener.close()
        # The signal has woken the readers. Once they have ended, no message and no session can
        # follow, so `Stopped` is the last item on the inbound queue.
        for session in self._sessions:
            threads.join(session.reader, deadline)
        self._broker.inbound.put(Stopped())
        threads.join(self._broker_thread, deadline)
        # Only now: a reader that still runs may start its writer.
        late = [s for s in self._sessions if not threads.join(s.writer, deadline)]
        self._cut_off(late)

    def _cut_off(self, late: list[Session]) -> None:
        """End what did not end in time. Shutting their sockets down wakes all of the threads."""
        for session in late:
            session.abort()
        deadline = time.monotonic() + self._limits.close_timeout
        both = [thread for session in late for thread in (session.reader, session.writer)]
        stuck = [thread.name for thread in both if not threads.join(thread, deadline)]
        if late:
            log.warning("stopped; %d clients were cut off, not being done in time", len(late))
        else:
            log.info("stopped")
        if stuck:
            log.error("these threads do not end: %s", ", ".join(stuck))
        else:
            self._stop.close()  # nobody waits for it any more
