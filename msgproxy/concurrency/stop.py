"""The signal that stops a server: an Event for threads that wait for a socket.

Rule: it is set once and never cleared, so a thread that looks late still sees it.

A thread in `recv` or `accept` cannot wait for a `threading.Event` as well. But it can wait for
two sockets, so the signal is one: a connected pair, at one end of which all threads look, and
which becomes readable for all of them when somebody writes a byte into the other end. This is
the *self-pipe trick*; in Tokio it would be `select!` over a socket and a cancellation token.
"""

from __future__ import annotations

import contextlib
import enum
import math
import select
import socket


class Wake(enum.Enum):
    """Why a thread that waited goes on."""

    READY = enum.auto()
    """The socket has bytes, a new connection, or has ended."""

    TIMEOUT = enum.auto()
    """Nothing happened for as long as the thread wanted to wait."""

    STOP = enum.auto()
    """The server stops. It wins if the socket is ready too."""


class StopSignal:
    """Tells every thread of a server to stop, whatever socket it waits for."""

    def __init__(self) -> None:
        self._looked_at, self._written_to = socket.socketpair()
        # A second `set` must not wait for somebody to read the byte of the first.
        self._written_to.setblocking(False)

    def set(self) -> None:
        """Wake all waiting threads, now and from now on. Any thread, any number of times.

        A signal handler may call it as well: it takes no lock and waits for nothing.
        """
        with contextlib.suppress(OSError):  # closed already, or full: then it has been set
            self._written_to.send(b"\0")

    def wait(self, sock: socket.socket, timeout: float | None) -> Wake:
        """Wait until `sock` can be read, the signal is set, or `timeout` seconds are over.

        Any thread may call it. The timeout is not the socket's own, because that one would
        count for the `sendall` of another thread as well.
        """
        ready = _readable([sock, self._looked_at], timeout)
        if self._looked_at in ready:
            return Wake.STOP
        return Wake.READY if ready else Wake.TIMEOUT

    def sleep(self, seconds: float) -> Wake:
        """Wait for the signal alone."""
        return Wake.STOP if _readable([self._looked_at], seconds) else Wake.TIMEOUT

    def close(self) -> None:
        """Give the sockets back. Nobody may wait any more; `set` does nothing from now on."""
        self._looked_at.close()
        self._written_to.close()


def _readable(socks: list[socket.socket], timeout: float | None) -> list[socket.socket]:
    if timeout is not None:
        timeout = max(timeout, 0)  # a deadline may be over
    if not hasattr(select, "poll"):  # Windows: there select() has no limit on socket numbers
        return select.select(socks, [], [], timeout)[0]
    poller = select.poll()
    for sock in socks:
        poller.register(sock, select.POLLIN)
    # poll() takes milliseconds; rounded up, so that a deadline is over when it returns.
    ready = poller.poll(None if timeout is None else math.ceil(timeout * 1000))
    numbers = {number for number, _ in ready}
    return [sock for sock in socks if sock.fileno() in numbers]
