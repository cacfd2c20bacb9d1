"""A client's socket: bytes in, messages out, and back.

Rule: this is the only module that receives from a client's socket or sends to it. It starts no
thread and knows no queue.

The two halves of a connection belong to two threads. Receiving is the reader's, and sending is
the writer's; when the reader has ended, the writer has both. (Whoever is turned away has no
writer, so the reader has both.) Only `abort` may be called by anyone, at any time: to shut a
socket down is how threads interrupt each other. (To close it is not: on Linux, `close()` wakes
nobody, and the next client may get the same number.)
"""

from __future__ import annotations

import contextlib
import logging
import socket
import time
from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus

from msgproxy.concurrency.ownership import owned_by
from msgproxy.concurrency.stop import StopSignal, Wake
from msgproxy.events import Farewell
from msgproxy.limits import Limits
from msgproxy.protocol.frames import (
    PIECE,
    Admission,
    Control,
    FrameParser,
    RequestParser,
    Said,
    in_pieces,
)
from msgproxy.protocol.handshake import UPGRADE, Policy, Request, Response, answer
from msgproxy.protocol.keepalive import Pulse

log = logging.getLogger(__name__)

AT_ONCE = 64 * 1024
"""Bytes to receive at most at a time."""

ANSWER_TIMEOUT = 1.0
"""Seconds for a client to hang up that was only answered. Short: the stop waits for it too."""


class Connection:
    """One client's socket, with the state of what is spoken on it."""

    def __init__(self, sock: socket.socket, peer: str, stop: StopSignal, limits: Limits) -> None:
        # Without this, the second of two small sends waits some 40 ms for the first one's
        # acknowledgement, even on loopback (Nagle's algorithm and delayed acknowledgements).
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(limits.handshake_timeout)
        self.peer = peer
        self._socket = sock
        self._stop = stop
        self._limits = limits
        self._pulse = Pulse(limits)
        self._frames = FrameParser(limits.max_message_size)
        self._came_early = b""

    # Called by the reader thread.

    @owned_by("reader")
    def handshake(self, policy: Policy) -> Admission | None:
        """Read the client's request. Return the answer that lets it in, for the writer to send.

        Return None if the client may not come in, or only wanted the page. It has been told so
        then: there will be no writer, so the reader has to send it.
        """
        requests = RequestParser()
        request = self._receive_request(requests)
        if request is None:
            log.info("gave up on %s: no complete request", self.peer)
            return None
        response = answer(request, policy) if isinstance(request, Request) else request
        if response is UPGRADE and isinstance(request, Request):
            admission, self._came_early = requests.upgrade(request)
            # From here on the timeout is the writer's, for each `sendall`; the reader has `_stop`.
            self._socket.settimeout(self._limits.ping_timeout)
            return admission
        try:
            self._turn_away(response, requests.answer(response))
        except OSError as error:
            log.info("lost %s in the handshake: %s", self.peer, error)
        return None

    def _receive_request(self, requests: RequestParser) -> Request | Response | None:
        """Return the client's request; or an answer, if it was none.

        Return None if the client went away, if the server stops, or if the request was not
        complete within the handshake timeout *in all* (with a timeout for each `recv`, a client
        that sends a byte a second could stay for hours).
        """
        deadline = time.monotonic() + self._limits.handshake_timeout
        request = None
        while not request:
            remaining = deadline - time.monotonic()
            if self._stop.wait(self._socket, remaining) is not Wake.READY:
                return None
            data = self._receive(at_most=requests.wanted)
            if not data:
                return None
            request = requests.feed(data)
        return request

    def _turn_away(self, response: Response, data: bytes) -> None:
        """Send an answer that is the end of it: a refusal, or the page."""
        self._socket.sendall(data)
        if response.status != HTTPStatus.OK:
            why = ascii(response.body.decode().strip())  # it may quote the client: no raw bytes
            log.info("refused %s: %d %s", self.peer, response.status, why)
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
        # As in `linger`, for a moment; but a stop does not have to wait for it.
        deadline = time.monotonic() + ANSWER_TIMEOUT
        while self._stop.wait(self._socket, deadline - time.monotonic()) is Wake.READY:
            if not self._receive(AT_ONCE):
                return

    def receive(self) -> Iterator[Said | Control | Farewell]:
        """Yield what comes from the client. A `Farewell` is the last; or nothing, in a stop."""
        items: Iterable[Said | Control | Farewell] | None = self._frames.feed(self._came_early)
        while items is not None:
            for item in items:
                yield item
                if isinstance(item, Farewell):
                    return
            items = self._receive_more()

    @owned_by("reader")
    def _receive_more(self) -> Iterable[Said | Control | Farewell] | None:
        match self._stop.wait(self._socket, self._pulse.patience()):
            case Wake.STOP:
                return None
            case Wake.TIMEOUT:
                return self._pulse.falter()
        data = self._receive(at_most=AT_ONCE)
        if not data:
            return [Farewell(1006, "went away without a Close frame")]
        self._pulse.beat()
        return self._frames.feed(data)

    def _receive(self, at_most: int) -> bytes:
        """Return what has arrived; nothing if the connection has ended, in whatever way."""
        try:
            return self._socket.recv(at_most)
        except OSError:  # reset, or shut down by `abort`
            return b""

    # Called by the writer thread.

    @owned_by("writer")
    def send(self, frames: Sequence[bytes]) -> int:
        """Send frames and return how many bytes they had: in one go, if they are not too many.

        Raise OSError if the client is gone, or takes none for the ping timeout. Half a frame may
        have been sent then: the connection is of no use any more.
        """
        size = sum(map(len, frames))
        for piece in [b"".join(frames)] if size <= PIECE else in_pieces(frames):
            # Not `send`, which is content with a part: as soon as there is a timeout, it is.
            self._socket.sendall(piece)
        self._pulse.note_sent(frames)
        return size

    @owned_by("writer")
    def finish_sending(self) -> None:
        """Say that nothing follows. The client sees the end behind what it was sent last."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    @owned_by("writer")
    def linger(self, deadline: float) -> None:
        """Wait for the client to hang up, until `deadline` (monotonic) at most.

        The reader has ended, so its half of the connection is the writer's. To close a socket
        on which unread bytes wait resets the connection, and a reset can destroy what was sent
        last before the client has read it: our goodbye.
        """
        with contextlib.suppress(OSError):
            while (remaining := deadline - time.monotonic()) > 0:
                self._socket.settimeout(remaining)
                if not self._socket.recv(AT_ONCE):
                    return

    # Called by the session's last thread: the writer, or the reader if there was no writer.

    def close(self) -> None:
        """Give the socket back. No thread may be using it any more."""
        self._socket.close()

    # Called by any thread.

    def abort(self) -> None:
        """End the connection now. Both threads wake up, whatever they wait for on the socket."""
        with contextlib.suppress(OSError):  # ended already
            self._socket.shutdown(socket.SHUT_RDWR)
