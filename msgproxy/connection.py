"""A client's socket: bytes in, messages out, and back.

Rule: this is the only module that receives from a client's socket or sends to it. It starts no
thread and knows no queue.

The two halves of a connection belong to two threads. Receiving is the reader's, and sending is
the writer's; when the reader has ended, the writer has both. (A client that is turned away has no
writer, so the reader has both.) Only `abort` may be called by any thread, at any time: threads
interrupt each other by shutting a socket down. (Not by closing it: on Linux, `close()` wakes
nobody, and the next client may get the same number.)
"""

from __future__ import annotations

import contextlib
import math
import os
import socket
import struct
import threading
import time
from collections.abc import Iterable, Iterator, Sequence

from msgproxy.concurrency.ownership import owned_by
from msgproxy.concurrency.stop import StopSignal
from msgproxy.events import LOST, CloseReason
from msgproxy.limits import Limits
from msgproxy.protocol.frames import (
    SEND_CHUNK,
    ControlFrame,
    FrameParser,
    ReceivedMessage,
    in_pieces,
)
from msgproxy.protocol.keepalive import Keepalive

RECV_SIZE = 64 * 1024
"""Bytes to receive at a time, at most."""

MAX_UNSENT = 128 * 1024
"""Bytes that the system accepts and cannot send yet. A ping has to wait for all of them.

Left to itself, the system accepts megabytes. A client that reads slowly, but steadily, would then
be declared dead before it gets the ping.
"""

Item = ReceivedMessage | ControlFrame | CloseReason


def _set_send_timeout(sock: socket.socket, seconds: float) -> None:
    """Let `send` fail after some seconds, by the system's own timeout where it has one.

    With Python's (`settimeout`), each `send` polls first: two system calls, for each of which the
    thread gives up the GIL.
    """
    sock.setblocking(True)
    try:
        if os.name == "nt":  # it has SO_SNDTIMEO, in another form
            raise OSError
        fraction, whole = math.modf(seconds)
        timeval = struct.pack("@ll", int(whole), int(fraction * 1e6))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeval)
    except OSError:
        sock.settimeout(seconds)


class Connection:
    """One client's socket, with the state of what is spoken on it."""

    def __init__(self, sock: socket.socket, peer: str, stop: StopSignal, limits: Limits) -> None:
        # Without this, the second of two small sends waits some 40 ms for the first one's
        # acknowledgement, even on loopback (Nagle's algorithm and delayed acknowledgements).
        with contextlib.suppress(OSError):  # on macOS, if the client has gone again
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setblocking(False)  # in the handshake, the reader waits by the stop signal
        self.peer = peer
        self.close_timeout = limits.close_timeout
        self._socket = sock
        self._stop = stop
        self._selector = stop.selector(sock)  # the reader's
        self._receiving = threading.Lock()
        """Locked as long as the receiving half belongs to the reader."""
        self._receiving.acquire()
        self._send_timeout = limits.ping_timeout
        self._keepalive = Keepalive(limits)
        self._frames = FrameParser(limits.max_message_size)

    # Called by the reader thread, in the handshake.

    @owned_by("reader")
    def receive_until(self, deadline: float, at_most: int = RECV_SIZE) -> bytes:
        """Return what arrives before `deadline` (monotonic).

        Return nothing if the time is over, the connection has ended, or the server stops.
        """
        remaining = deadline - time.monotonic()
        if remaining <= 0 or not self._selector.select(remaining) or self._stop.is_set:
            return b""
        return self._receive(at_most)

    @owned_by("reader")
    def send_answer(self, data: bytes, timeout: float) -> bool:
        """Send the bytes that end a connection before it has a writer. Nothing follows them.

        Return False if the client does not take them in time, or if the server stops.
        """
        deadline = time.monotonic() + timeout
        with contextlib.suppress(OSError):
            while (remaining := deadline - time.monotonic()) > 0:
                if not self._stop.wait(self._socket, remaining, to_send=True):
                    return False
                data = data[self._socket.send(data) :]
                if not data:
                    self._socket.shutdown(socket.SHUT_WR)
                    return True
        return False

    @owned_by("reader")
    def expect_frames(self) -> None:
        """Prepare for the writer: from here on, the socket's timeout is that of `send`."""
        _set_send_timeout(self._socket, self._send_timeout)
        with contextlib.suppress(AttributeError, OSError):  # not every system has it
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, MAX_UNSENT)

    # Called by the reader thread, for a client that is accepted.

    def receive(self, early_bytes: bytes = b"") -> Iterator[Item]:
        """Yield what the client says, until a stop. Ask for nothing after a `CloseReason`."""
        yield from self._frames.feed(early_bytes)
        while True:
            has_bytes = self._selector.select(self._keepalive.patience)
            if self._stop.is_set:
                return
            yield from self._receive_more() if has_bytes else self._keepalive.on_silence()

    @owned_by("reader")
    def _receive_more(self) -> Iterable[Item]:
        if not (data := self._receive(RECV_SIZE)):
            return [CloseReason(LOST, "went away without a Close frame")]
        if self._keepalive.asked_at is not None:
            self._keepalive.on_bytes()
        return self._frames.feed(data)

    def _receive(self, at_most: int) -> bytes:
        """Return what has arrived; nothing if the connection has ended, in any way."""
        try:
            return self._socket.recv(at_most)
        except OSError:  # reset, or shut down by `abort`
            return b""

    @owned_by("reader")
    def finish_receiving(self) -> None:
        """Let go of the receiving half. The reader does this last."""
        self._receiving.release()

    # Called by the writer thread.

    def wait_for_reader(self, timeout: float | None = None) -> bool:
        """Wait until the reader has let go of its half: from then on, the writer has both.

        Return False if that takes more than `timeout` seconds. (The writer does not join its
        reader. The accepting thread does, and before Python 3.13, two that join the same thread
        at the same time may both fail.)
        """
        has_ended = self._receiving.acquire(timeout=-1 if timeout is None else max(0.0, timeout))
        if has_ended:
            self._receiving.release()
        return has_ended

    @owned_by("writer")
    def send(self, frames: Sequence[bytes]) -> int:
        """Send frames, and return how many bytes they have.

        Raise TimeoutError if the client does not take the next `SEND_CHUNK` bytes within the ping
        timeout, and another OSError if it is gone. Half a frame may have been sent: send no more.
        """
        size = sum(map(len, frames))
        try:
            for piece in [b"".join(frames)] if size <= SEND_CHUNK else in_pieces(frames):
                deadline = time.monotonic() + self._send_timeout
                if (sent := self._socket.send(piece)) < len(piece):
                    self._send_rest(memoryview(piece)[sent:], deadline)
        except BlockingIOError:  # how SO_SNDTIMEO says so
            raise TimeoutError from None
        if self._keepalive.asked_at is not None:
            self._keepalive.on_sent(frames)
        return size

    def _send_rest(self, rest: memoryview, deadline: float) -> None:
        """Send what the client has not taken at once: the time may be over, or not yet."""
        while rest:
            if time.monotonic() >= deadline:
                raise TimeoutError
            rest = rest[self._socket.send(rest) :]

    @owned_by("writer")
    def finish_sending(self) -> None:
        """Say that nothing follows. The client sees the end after what it was sent last."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    @owned_by("writer")
    def linger(self, deadline: float) -> None:
        """Wait for the client to hang up, until `deadline` (monotonic) at most.

        The reader has ended, so its half of the connection is the writer's. To close a socket on
        which unread bytes wait resets the connection, and a reset can destroy what was sent last
        before the client has read it: our Close frame.
        """
        while (remaining := deadline - time.monotonic()) > 0:
            self._socket.settimeout(remaining)
            if not self._receive(RECV_SIZE):
                return

    # Called by the client's last thread: the writer, or the reader if there was no writer.

    def close(self) -> None:
        """Give the socket back. No thread may be using it any more."""
        self._selector.close()
        self._socket.close()

    # Called by any thread.

    def abort(self) -> None:
        """End the connection now. Both threads wake up, whatever they wait for on the socket."""
        with contextlib.suppress(OSError):  # it has ended already
            self._socket.shutdown(socket.SHUT_RDWR)
