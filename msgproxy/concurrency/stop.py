"""The signal that stops a server: an Event for threads that wait for a socket.

Rule: it is set once and never cleared, so a thread that looks late still sees it.

A thread in `recv` or `accept` cannot wait for a `threading.Event` as well. But it can wait for
two sockets, so the signal is one: a connected pair. All threads look at one end, and it becomes
readable for all of them when a thread writes a byte into the other end. This is the *self-pipe
trick*. In Tokio it would be `select!` over a socket and a cancellation token.
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


class StopSignal:
    """Tells every thread of a server to stop, whatever socket it waits for."""

    def __init__(self) -> None:
        self._read_end, self._write_end = socket.socketpair()
        # A second `set` must not wait until someone reads the byte of the first.
        self._write_end.setblocking(False)

    def set(self) -> None:
        """Wake all waiting threads, now and from now on. Any thread, any number of times.

        A signal handler may call it as well: it takes no lock and waits for nothing.
        """
        with contextlib.suppress(OSError):  # closed already, or full: then it has been set
            self._write_end.send(b"\0")

    def wait(
        self, sock: socket.socket, timeout: float | None, *, to_send: bool = False
    ) -> WaitResult:
        """Wait until `sock` can be read, the signal is set, or `timeout` seconds are over.

        With `to_send`, wait until the socket accepts bytes instead. Any thread may call it. The
        timeout is not the socket's own, which would hold for another thread's `sendall` as well.
        """
        to_read = [self._read_end] if to_send else [self._read_end, sock]
        ready = wait_ready(to_read, [sock] if to_send else [], timeout)
        if self._read_end in ready:
            return WaitResult.STOP
        return WaitResult.READY if ready else WaitResult.TIMEOUT

    def sleep(self, seconds: float) -> WaitResult:
        """Wait for the signal alone."""
        return WaitResult.STOP if wait_ready([self._read_end], [], seconds) else WaitResult.TIMEOUT

    def close(self) -> None:
        """Give the sockets back. Nobody may wait any more; `set` does nothing from now on."""
        self._read_end.close()
        self._write_end.close()


def wait_ready(
    to_read: list[socket.socket], to_send: list[socket.socket], timeout: float | None
) -> list[socket.socket]:
    """Wait until a socket can be read, or accepts bytes, for `timeout` seconds at most.

    Return those that are ready. One that has ended is.
    """
    if timeout is not None:
        timeout = max(timeout, 0)  # a deadline may be over
    if not hasattr(select, "poll"):  # Windows: there select() has no limit on socket numbers
        readable, writable, _ = select.select(to_read, to_send, [], timeout)
        return readable + writable
    poller = select.poll()
    for sock in to_read:
        poller.register(sock, select.POLLIN)
    for sock in to_send:
        poller.register(sock, select.POLLOUT)
    # poll() takes milliseconds; rounded up, so that a deadline is over when it returns.
    ready = poller.poll(None if timeout is None else math.ceil(timeout * 1000))
    numbers = {number for number, _ in ready}
    return [sock for sock in (*to_read, *to_send) if sock.fileno() in numbers]
