"""The server, as a program holds it.

Rule: the threads that `start` starts do the work. Once they run, any thread may call everything
here, and only `close` and `serve_forever` wait: for the end.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
from collections.abc import Iterable
from threading import Lock, Thread, current_thread
from types import TracebackType
from typing import TYPE_CHECKING, Self

from msgproxy import listener
from msgproxy.acceptor import Acceptor
from msgproxy.bridge import address
from msgproxy.broker import Broker
from msgproxy.concurrency import threads
from msgproxy.concurrency.stop import StopSignal
from msgproxy.errors import CannotListen, ServerFailed
from msgproxy.limits import Limits
from msgproxy.protocol.handshake import Policy
from msgproxy.protocol.hosts import parse_origins
from msgproxy.protocol.http import Response
from msgproxy.queues import Queues
from msgproxy.shared import Shared
from msgproxy.snapshot import Snapshot
from msgproxy.web.page import PAGE_HEADERS, page

if TYPE_CHECKING:
    from msgproxy.bridge.bridge import Bridge

log = logging.getLogger(__name__)


class Server:
    """A message proxy, in threads of its own.

    `with Server(port=0) as server:` runs it in the background, in a script, a test or a
    notebook; `Server().serve_forever()` is for a program that does nothing else.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 8765,
        *,
        echo: bool = False,
        limits: Limits | None = None,
        allowed_origins: Iterable[str] = (),
        queues: Queues | None = None,
        bridge: str | None = None,
    ) -> None:
        """Prepare a server; nothing happens before it is started.

        `port` 0 takes any free port; `url` says which. With `echo`, senders get their own
        messages too. Pages of `allowed_origins` ("https://example.com") may connect, besides
        the server's own. `queues` makes the queues between the threads. With `bridge`, the
        address of a Redis stream ("redis://localhost:6379/0?stream=talk"), what clients say
        reaches those of all other servers on that stream too.
        """
        self._host, self._port = host, port
        self._echo = echo
        self._limits = limits or Limits()
        self._allowed_origins = parse_origins(allowed_origins)
        self._queues = queues or Queues()
        self._bridge_address = None if bridge is None else address.parse(bridge)
        self._thread: Thread | None = None
        self._stop: StopSignal | None = None
        self._is_asked_to_stop = False
        self._joining = Lock()
        self._process = os.getpid()

    def start(self) -> Self:
        """Listen and serve, in the background. Raise `CannotListen` if the address is taken.

        A server runs once. After `close()`, make a new one. Raise `ServerFailed` if the system
        gives no thread.
        """
        if self._thread is not None or self._is_asked_to_stop:
            raise CannotListen("this server has run already, or was closed; make a new one")
        with contextlib.ExitStack() as undo:
            listening = undo.enter_context(listener.listen(self._host, self._port))
            stop = undo.enter_context(contextlib.closing(StopSignal()))
            self._shared = shared = self._make_shared(listening, stop)
            self._broker = Broker(shared.inbound, stop, echo=self._echo)
            acceptor = Acceptor(listening, shared, self._broker, self._make_bridge(shared))
            self._acceptor = undo.enter_context(contextlib.closing(acceptor))
            self._port = listening.getsockname()[1]
            self._start_thread(acceptor.thread)
            undo.pop_all()  # all of this is the accepting thread's from now on
        self._stop, self._listening = stop, listening
        if self._is_asked_to_stop:  # meanwhile, by a signal handler or another thread
            stop.set()
        return self

    def _start_thread(self, thread: Thread) -> None:
        try:
            thread.start()
        except RuntimeError as error:
            raise ServerFailed(f"cannot start a thread: {error}") from None
        self._thread, self._process = thread, os.getpid()

    def _make_shared(self, listening: socket.socket, stop: StopSignal) -> Shared:
        queues, limits = self._queues, self._limits
        policy = Policy(
            loopback_only=listener.is_loopback(listening),
            allowed_origins=self._allowed_origins,
            allows_viewers=queues.allows_viewers,
            page=Response(200, page(echo=self._echo), PAGE_HEADERS),
        )
        inbound = queues.wrap(queues.inbound(limits), "inbound")
        return Shared(limits, policy, queues, inbound, stop, self.snapshot)

    def _make_bridge(self, shared: Shared) -> Bridge | None:
        if self._bridge_address is None:
            return None
        # Imported here, since they need a package that nothing else needs.
        from msgproxy.bridge.backlog import DropOldestQueue
        from msgproxy.bridge.bridge import Bridge

        backlog = DropOldestQueue(self._limits.outbound_limit)
        return Bridge(self._bridge_address, shared, self._queues.wrap(backlog, "outbound-0"))

    def shutdown(self) -> None:
        """Ask the server to stop, and return at once. A signal handler may call it as well.

        In a process that was forked from that of the server, it does nothing.
        """
        self._is_asked_to_stop = True
        if self._stop and self._process == os.getpid():
            self._stop.set()

    def close(self) -> None:
        """Stop the server and wait until it has stopped: usually for the close timeout at most.

        May be called any number of times, and on a server that was never started. Raise
        RuntimeError if a server's own thread calls it, which would wait for itself. In a process
        that was forked from that of the server, it only lets go of the listening socket.
        """
        if isinstance(current_thread(), threads.ServerThread):
            raise RuntimeError("a server's own thread cannot wait for its end; use shutdown()")
        self.shutdown()
        if self._stop and self._process != os.getpid():
            self._listening.close()
        elif self._thread is not None:
            # The readers, the broker and the writers have that time each, and once more if they
            # are late; one more is a reserve.
            if not self._acceptor.is_over.wait(7 * self._limits.close_timeout):
                log.error("the server does not stop")
            else:
                # It has nothing left to do. One after the other: before Python 3.13, two that
                # join the same thread at the same time may both fail.
                with self._joining:
                    self._thread.join()

    def serve_forever(self) -> None:
        """Serve until `shutdown()`. Raise `CannotListen`, or `ServerFailed` if a thread died.

        Starts the server if that has not been done. Ctrl-C ends it too, by a KeyboardInterrupt.
        """
        if self._thread is None:
            self.start()
        try:
            # Not a bare wait(): before Python 3.14, Ctrl-C on Windows would have to wait for it.
            while not self._acceptor.is_over.wait(timeout=0.5):
                pass
        finally:
            self.close()
        if self._broker.has_failed or self._acceptor.has_failed:
            raise ServerFailed("the server met a bug and stopped; see the log")

    def __enter__(self) -> Self:
        is_running = self._thread is not None and not self._acceptor.is_over.is_set()
        return self if is_running else self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """Where a browser finds the server; for WebSocket clients, with `ws` for `http`."""
        return listener.url(self._host, self._port)

    def snapshot(self) -> Snapshot:
        """Return how things stand, as data."""
        if self._thread is None:
            return Snapshot(self.url, running=False, waiting=0, clients=())
        return Snapshot(
            url=self.url,
            running=not self._acceptor.is_over.is_set(),
            waiting=self._shared.inbound.bytes_waiting,
            clients=tuple(session.snapshot() for session in self._broker.joined),
        )

    def _repr_html_(self) -> str:
        """Show itself as a small table in Jupyter."""
        return self.snapshot()._repr_html_()
