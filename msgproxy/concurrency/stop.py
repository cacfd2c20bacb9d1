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
import selectors
import socket
from selectors import EVENT_READ, EVENT_WRITE, BaseSelector

# `DefaultSelector` would use `epoll`, which needs a file for each selector, so for each client.
# Windows has only `select`.
_Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)


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

    def __init__(self) -> None:
        super().__init__()
        self.is_set = False
        """Any thread may look. A thread that the signal has woken sees True."""

    def set(self) -> None:
        """Tell all threads, now and from now on. It can be called as `Wakeup.set` can."""
        self.is_set = True  # first: it has to be so when they wake up
        super().set()

    def selector(self, *to_read: socket.socket) -> BaseSelector:
        """Return a selector that waits until one can be read, or the signal is set.

        It is for one thread. Its `select` may return when the signal is set: look at `is_set`.
        """
        selector: BaseSelector = _Selector()
        for sock in (self.read_end, *to_read):
            selector.register(sock, EVENT_READ)
        return selector

    def wait(self, sock: socket.socket, timeout: float, *, to_send: bool = False) -> bool:
        """Wait until `sock` can be read, or accepts bytes. Any thread may call it.

        Return False if `timeout` seconds are over, or the signal is set. The timeout is not the
        socket's own, which would hold for another thread's `send` as well.
        """
        with self.selector() as selector:
            selector.register(sock, EVENT_WRITE if to_send else EVENT_READ)
            return bool(selector.select(timeout)) and not self.is_set

    def sleep(self, seconds: float) -> None:
        """Wait for the signal alone."""
        with self.selector() as selector:
            selector.select(seconds)
