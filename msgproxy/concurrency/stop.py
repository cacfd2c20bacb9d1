"""The signal that stops a server: an Event for threads that wait for a socket.

Rule: it is set once and never cleared, so a thread that looks late still sees it.

A thread in `recv` or `accept` cannot wait for a `threading.Event` as well. But it can wait for
two sockets, so the signal is one: a connected pair. All threads look at one end, and it becomes
readable for all of them when a thread writes a byte into the other end. This is the *self-pipe
trick*. In Tokio it would be `select!` over a socket and a cancellation token.

(A `Wakeup` is such a pair. The accepting thread has another one, which it clears each time.)
"""

from __future__ import annotations

import contextlib
import enum
import math
import select
import socket


class WaitResult(enum.Enum):
    """Why a thread that waited goes on."""

    READY = enum.auto()
    """The socket has bytes, a new connection, or has ended."""

    TIMEOUT = enum.auto()
    """Nothing happened for as long as the thread wanted to wait."""

    STOP = enum.auto()
    """The server stops. It wins if the socket is ready too."""


class Wakeup:
    """Wakes threads that wait for sockets: for `read_end` among them."""

    def __init__(self) -> None:
        self.read_end, self._write_end = socket.socketpair()
        # A second `set` must not wait until someone reads the byte of the first.
        self._write_end.setblocking(False)

    def set(self) -> None:
        """Wake all waiting threads, now and until it is cleared. Any thread, any number of times.

        A signal handler may call it as well: it takes no lock and waits for nothing.
        """
        with contextlib.suppress(OSError):  # closed already, or full: then it has been set
            self._write_end.send(b"\0")

    def clear(self) -> None:
        """Clear what has been set. For the one thread that waits, once it is awake."""
        self.read_end.recv(4096)

    def close(self) -> None:
        """Give the sockets back. Nobody may wait any more; `set` does nothing from now on."""
        self.read_end.close()
        self._write_end.close()


class StopSignal(Wakeup):
    """Tells every thread of a server to stop, whatever socket it waits for."""

    def wait(self, sock: socket.socket, timeout: float | None) -> WaitResult:
        """Wait until `sock` can be read, the signal is set, or `timeout` seconds are over.

        Any thread may call it. The timeout is not the socket's own, which would hold for another
        thread's `send` as well.
        """
        return self._wait([sock], [], timeout)

    def wait_to_send(self, sock: socket.socket, timeout: float | None) -> WaitResult:
        """Wait until `sock` accepts bytes, the signal is set, or `timeout` seconds are over."""
        return self._wait([], [sock], timeout)

    def sleep(self, seconds: float) -> WaitResult:
        """Wait for the signal alone."""
        return self._wait([], [], seconds)

    def _wait(
        self, to_read: list[socket.socket], to_send: list[socket.socket], timeout: float | None
    ) -> WaitResult:
        ready = wait_ready([self.read_end, *to_read], to_send, timeout)
        if self.read_end in ready:
            return WaitResult.STOP
        return WaitResult.READY if ready else WaitResult.TIMEOUT


def wait_ready(
    to_read: list[socket.socket], to_send: list[socket.socket], timeout: float | None
) -> list[socket.socket]:
    """Wait until a socket can be read, or accepts bytes, for `timeout` seconds at most.

    Return those that are ready. One that has ended is.
    """
    if not hasattr(select, "poll"):  # Windows: there select() has no limit on socket numbers
        return _select(to_read, to_send, timeout)
    poller = select.poll()
    for sock in to_read:
        poller.register(sock, select.POLLIN)
    for sock in to_send:
        poller.register(sock, select.POLLOUT)
    # In milliseconds, rounded up: a deadline is over when it returns. It may be over before.
    ready = dict(poller.poll(None if timeout is None else max(0, math.ceil(timeout * 1000))))
    return [sock for sock in (*to_read, *to_send) if sock.fileno() in ready]


def _select(
    to_read: list[socket.socket], to_send: list[socket.socket], timeout: float | None
) -> list[socket.socket]:
    timeout = None if timeout is None else max(0, timeout)
    readable, writable, _ = select.select(to_read, to_send, [], timeout)
    return readable + writable
