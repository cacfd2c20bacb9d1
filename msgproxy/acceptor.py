"""The accepting thread: accepts clients, and in the end stops everything.

Rule: this thread owns the listener and the set of all clients, from the start to the very end.
So it is also the one that stops the server. Other threads can only ask it to, by the signal.

Who waits for what, and who ends whom (S: the stop signal wakes it; A: `abort` wakes it):

========  ===============================  =====================================  =============
thread    waits for                        is woken by                            is joined by
========  ===============================  =====================================  =============
accept    a connection, or a client's end  either of them, S                      `Server.close`
reader    a request, or bytes              bytes, the end of the connection,      accept
                                           silence, S, A
reader    a client, to take its answer     the client, its timeout, S, A
reader    room on the inbound queue        the broker
broker    an item on the inbound queue     any item; the last one is `Stopped`    accept
writer    an item on its outbound queue    any item; the last is a Close frame    accept
writer    its client, in `send`            the client, ping timeout, A
writer    its client, to hang up           the client, close timeout, A
writer    its reader, to end               the reader's end
reader-0  an answer of Redis               Redis, S, A                            accept
reader-0  the time to try Redis again      time, S
writer-0  an item on its outbound queue    any item; the last one is an end mark  accept
writer-0  the time to try Redis again      time, S
writer-0  an answer of Redis               Redis, answer timeout, A
accept    room on the inbound queue        the broker
========  ===============================  =====================================  =============

A stop follows the messages, so that nothing is lost that a reader has received: listener,
readers, broker, writers. Each has the close timeout, of which usually only the writers need any.
A thread that is late is aborted, and then joined. (The threads with number 0 are those of a
bridge, if there is one. It ends as a client does; where the signal does not reach it, `wake`
does.)
"""

from __future__ import annotations

import errno
import itertools
import logging
import queue
import socket
import time
from collections.abc import Callable, Iterable
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, NamedTuple

from msgproxy.broker import Broker
from msgproxy.concurrency import threads
from msgproxy.concurrency.stop import Wakeup
from msgproxy.connection import Connection
from msgproxy.events import Stopped
from msgproxy.reader import Reader
from msgproxy.shared import Shared

if TYPE_CHECKING:  # otherwise only a server with a bridge imports it, and the package redis
    from msgproxy.bridge.bridge import Bridge

log = logging.getLogger(__name__)

REFUSED_AT_ONCE = 64
"""Clients beyond the limit that are refused at a time; more than that wait to be accepted."""

RETRY_DELAY = 0.2
"""Seconds until the next try, when a client could not be accepted."""


class _Joinable(NamedTuple):
    """A thread that has to end, and how to hurry it."""

    thread: Thread
    abort: Callable[[], None] | None = None


class Acceptor:
    """Accepts clients, and starts and ends all threads."""

    def __init__(
        self, listener: socket.socket, shared: Shared, broker: Broker, bridge: Bridge | None = None
    ) -> None:
        self.has_failed = False
        """Set by the accepting thread when a bug ends it; any thread may look."""
        self.is_over = Event()
        """Set at the end of the accepting thread. A wait for this can be interrupted. (A `join`
        that Ctrl-C interrupts treats its thread as ended, as of Python 3.11.)"""
        self.thread = threads.new_thread(self.run, "accept")
        self._listener = listener
        self._shared = shared
        self._bridge = bridge
        self._broker_thread = threads.new_thread(broker.run, "broker")
        self._numbers = itertools.count(1)
        self._readers: set[Reader] = set()
        """One for each client, also for those that are still in the handshake."""
        self._ended: queue.SimpleQueue[Reader] = queue.SimpleQueue()
        """The readers of clients that have gone."""
        self._has_ended = Wakeup()
        """Set after each put on `_ended`: a queue alone wakes no thread that waits for a socket."""
        self._cannot_accept = False

    def run(self) -> None:
        """Run the accepting thread: accept clients until the stop, then end everything.

        This is the only thread that knows all clients, also those that have not joined.
        """
        try:
            self._broker_thread.start()
            if self._bridge:
                self._bridge.start()
            self._accept_until_stopped()
        except Exception as error:
            threads.log_crash(log, error)
            self.has_failed = True
        finally:
            self._end()

    def _accept_until_stopped(self) -> None:
        stop, end = self._shared.stop, self._has_ended.read_end
        with stop.selector(self._listener, end) as selector:
            while not stop.is_set:
                ready = [key.fileobj for key, _ in selector.select()]
                if end in ready:
                    self._remove_ended()
                if self._listener in ready:
                    self._accept()

    def _remove_ended(self) -> None:
        self._has_ended.clear()  # first: what is put meanwhile sets it again
        while not self._ended.empty():
            reader = self._ended.get_nowait()
            # Its threads have nothing left to do. They are joined so that none outlives the server.
            reader.thread.join()
            if reader.writer and reader.writer.ident:  # it has been started
                reader.writer.join()
            self._readers.discard(reader)

    def _accept(self) -> None:
        if len(self._readers) >= self._shared.limits.max_clients + REFUSED_AT_ONCE:
            self._shared.stop.sleep(RETRY_DELAY)
            return
        try:
            sock, address = self._listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return  # it has gone again already
        except OSError as error:  # no more files
            if error.errno == errno.EBADF:  # closed, by a bug: it would never work again
                raise
            if not self._cannot_accept:  # once, not at each try
                log.warning("cannot accept clients: %s", error)
            self._cannot_accept = True
            self._shared.stop.sleep(RETRY_DELAY)
            return
        self._cannot_accept = False
        try:
            self._start_reader(sock, _peer(address))
        except Exception as error:  # no more threads
            log.error("cannot serve a client: %r", error)
            sock.close()

    def _start_reader(self, sock: socket.socket, peer: str) -> None:
        shared = self._shared
        clients = sum(not one.is_full for one in self._readers)  # the others will be refused
        reader = Reader(
            next(self._numbers),
            Connection(sock, peer, shared.stop, shared.limits),
            shared,
            self._on_end,
            is_full=clients >= shared.limits.max_clients,
        )
        reader.thread.start()
        self._readers.add(reader)

    def _on_end(self, reader: Reader) -> None:
        """Note that a client has gone. Its last thread calls this."""
        self._ended.put(reader)
        self._has_ended.set()

    def _end(self) -> None:
        self._shared.stop.set()
        try:
            self._shut_down()
        finally:
            self.is_over.set()

    def _shut_down(self) -> None:
        self._listener.close()
        self._try(self._shared.queues.on_stopping)
        members: list[Reader | Bridge] = [*self._readers]
        if self._bridge:
            self._bridge.wake()
            members.append(self._bridge)
        # The signal has woken the readers. Once they have ended, no message and no session can
        # follow, so `Stopped` is the last item on the inbound queue.
        stuck = self._join(_Joinable(one.thread, one.abort) for one in members)
        # Without a deadline: there is no end before it, and the caller of `close` has one.
        self._try(lambda: self._shared.inbound.put(Stopped()))
        stuck += self._join([_Joinable(self._broker_thread)])
        # Only now: as long as a reader ran, it could start its writer.
        writers = [_Joinable(one.writer, one.abort) for one in members if one.writer]
        stuck += self._join(writers)
        if stuck:
            log.error("stopped, but these threads do not end: %s", ", ".join(stuck))
        else:
            log.info("stopped")
            self._shared.stop.close()  # nobody looks at it any more
            self.close()

    def close(self) -> None:
        """Give back the sockets that wake the thread, when it has ended or could not start."""
        self._has_ended.close()

    def _try(self, call: Callable[[], None]) -> None:
        """Call what somebody's queues may have overridden. Whatever it raises, the stop goes on."""
        try:
            call()
        except Exception as error:
            threads.log_crash(log, error)
            self.has_failed = True

    def _join(self, joinables: Iterable[_Joinable]) -> list[str]:
        """Join threads. Abort those that are late. Return the names of those still stuck."""
        timeout = self._shared.limits.close_timeout
        deadline = time.monotonic() + timeout
        late = [one for one in joinables if not threads.join(one.thread, deadline)]
        aborts = [one.abort for one in late if one.abort]
        if aborts:
            log.warning("%d threads were late, so their connections were cut", len(aborts))
        for abort in aborts:
            abort()
        deadline = time.monotonic() + timeout
        return [one.thread.name for one in late if not threads.join(one.thread, deadline)]


def _peer(address: tuple[Any, ...]) -> str:
    """Return where a client comes from, as an IPv4 or IPv6 address with its port."""
    host, port = address[:2]
    host = host.removeprefix("::ffff:")  # how a socket for both shows IPv4
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
