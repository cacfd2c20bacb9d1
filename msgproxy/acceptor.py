"""The accepting thread: lets clients in, and in the end sees everyone out.

Rule: this thread owns the listener and the list of sessions, from the start to the very end.
So it is also the one that stops the server. Everyone else can only ask it to, by the signal.

Who waits for what, and who ends whom (S: the stop signal wakes it; A: `abort` wakes it):

========  ===============================  =====================================  =============
thread    waits for                        is woken by                            is joined by
========  ===============================  =====================================  =============
accept    a connection                     a connection, S                        `Server.close`
reader    a request, or bytes              bytes, the end of the connection,      its writer;
                                           silence, S, A                          in a stop accept
reader    room on the inbound queue        the broker
broker    an item on the inbound queue     any item; the last one is `Stopped`    accept
writer    an item on its outbound queue    any item; the last one says goodbye    accept, in a
writer    its client, in `sendall`         the client, ping timeout, A            stop
writer    its client, to hang up           the client, close timeout, A
writer    its reader, to end               the reader's end
reader-0  an answer of Redis               Redis, S, A                            accept
writer-0  an item on its outbound queue    any item; the last one is an end mark  accept
writer-0  an answer of Redis               Redis, answer timeout, A
accept    room on the inbound queue        the broker
========  ===============================  =====================================  =============

A stop goes the way of the messages, so that nothing is lost that a reader has taken: listener,
readers, broker, writers. Each has the close timeout, of which as a rule only the writers need
any. Whoever is late is aborted, and then joined. (Threads number 0 are those of a bridge, if
there is one. It ends as a client does; where the signal does not reach it, `wake` does.)
"""

from __future__ import annotations

import itertools
import logging
import queue
import socket
import time
from collections.abc import Mapping
from dataclasses import replace
from threading import Thread
from typing import TYPE_CHECKING

from msgproxy.broker import Broker
from msgproxy.concurrency import threads
from msgproxy.concurrency.stop import StopSignal, Wake
from msgproxy.connection import Connection
from msgproxy.events import Stopped
from msgproxy.limits import Limits
from msgproxy.protocol.handshake import Policy
from msgproxy.queues import Queues
from msgproxy.session import Session
from msgproxy.snapshot import Look

if TYPE_CHECKING:  # else only who has a bridge imports it, and the package redis with it
    from msgproxy.bridge.bridge import Bridge

log = logging.getLogger(__name__)

REFUSED_AT_ONCE = 64
"""Clients beyond the limit that are told so at a time; more than that wait to be accepted."""

PAUSE = 0.2
"""Seconds until the next try, when a client could not be accepted."""

ROUND = 1.0
"""Seconds after which sessions that have ended are forgotten at the latest."""


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
        look: Look,
        bridge: Bridge | None = None,
    ) -> None:
        self._listener = listener
        self._stop = stop
        self._broker = broker
        self._policy = policy
        self._limits = limits
        self._queues = queues
        self._look = look
        self._bridges: set[Bridge] = {bridge} if bridge else set()
        self.has_failed = False
        """Set by the accepting thread when it dies of a bug; anyone may look."""
        self._broker_thread = threads.make(broker.run, "broker")
        self._numbers = itertools.count(1)
        self._sessions: set[Session] = set()
        self._ended: queue.SimpleQueue[Session] = queue.SimpleQueue()

    def run(self) -> None:
        """Run the accepting thread: accept clients until the stop, then end everything.

        This is the only thread that knows all sessions, also those that have not joined.
        """
        try:
            self._broker_thread.start()
            for bridge in self._bridges:
                bridge.start()
            self._accept_until_stopped()
        except Exception as error:
            threads.report_death(log, error)
            self.has_failed = True
        finally:
            self._stop.set()
            self._end_all()

    def _accept_until_stopped(self) -> None:
        while (woken := self._stop.wait(self._listener, ROUND)) is not Wake.STOP:
            while not self._ended.empty():
                self._sessions.discard(self._ended.get_nowait())
            if woken is Wake.READY:
                self._accept()

    def _accept(self) -> None:
        if len(self._sessions) >= self._limits.max_clients + REFUSED_AT_ONCE:
            self._stop.sleep(PAUSE)
            return
        try:
            sock, address = self._listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return  # it has gone again already
        except OSError as error:  # no more files
            log.warning("cannot accept a client: %s", error)
            self._stop.sleep(PAUSE)
            return
        try:
            self._begin(sock, address)
        except Exception as error:  # no more threads, or a bug in somebody's queue class
            log.error("cannot serve a client: %r", error)
            sock.close()

    def _begin(self, sock: socket.socket, address: tuple[str, int]) -> None:
        number = next(self._numbers)
        is_full = len(self._sessions) >= self._limits.max_clients
        session = Session(
            number,
            Connection(sock, f"{address[0]}:{address[1]}", self._stop, self._limits),
            self._broker.inbound,
            self._queues.outbound(self._limits, number),
            self._ended,
            self._limits.close_timeout,
        )
        session.start(replace(self._policy, full=is_full), self._queues, self._look)
        self._sessions.add(session)

    def _end_all(self) -> None:
        self._listener.close()
        self._queues.stopping()
        for bridge in self._bridges:
            bridge.wake()
        everyone = self._sessions | self._bridges
        # The signal has woken the readers. Once they have ended, no message and no session can
        # follow, so `Stopped` is the last item on the inbound queue.
        stuck = self._join({one.reader: one for one in everyone})
        # Without a deadline: there is no end before it, and whoever called `close` has one.
        self._broker.inbound.put(Stopped())
        stuck += self._join({self._broker_thread: None})
        # Only now: as long as a reader ran, it could start its writer.
        stuck += self._join({one.writer: one for one in everyone})
        if stuck:
            log.error("stopped, but these threads do not end: %s", ", ".join(stuck))
        else:
            log.info("stopped")
            self._stop.close()  # nobody looks at it any more

    def _join(self, owners: Mapping[Thread, Session | Bridge | None]) -> list[str]:
        """Join threads. Abort the sessions of those who are late. Return who is stuck even then."""
        deadline = time.monotonic() + self._limits.close_timeout
        late = [thread for thread in owners if not threads.join(thread, deadline)]
        sessions = [session for thread in late if (session := owners[thread])]
        if sessions:
            log.warning("%d clients were cut off, not being done in time", len(sessions))
        for session in sessions:
            session.abort()
        deadline = time.monotonic() + self._limits.close_timeout
        return [thread.name for thread in late if not threads.join(thread, deadline)]
