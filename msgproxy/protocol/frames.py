"""Bytes and what they mean: HTTP for the handshake, WebSocket frames from then on.

Rule: this is the only module of the server that calls wsproto and h11, and it touches no socket:
bytes come in and bytes go out.

What is received changes a parser's state, so a parser belongs to one thread, the client's
reader. What is sent has no state at all: the server's frames are not masked (RFC 6455 section
5.1), and without extensions a frame does not depend on the one before. So a message is encoded
once for all who get it, by whatever thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import h11
from wsproto import events
from wsproto.connection import SERVER, Connection
from wsproto.frame_protocol import FrameProtocol
from wsproto.utilities import generate_accept_token

from msgproxy.events import Farewell, Message
from msgproxy.protocol.handshake import Request, Response, refuse

LARGEST_REQUEST = 16 * 1024
"""Bytes of a request line with its headers. Browsers with many cookies stay under 8 KiB."""


PIECE = 256 * 1024
"""Bytes to send in one go, and so what a client has to take within the ping timeout."""


@dataclass(frozen=True, slots=True)
class Admission:
    """A client may come in: what it asked for, and the bytes that tell it so."""

    request: Request
    welcome: bytes


class RequestParser:
    """Reads one HTTP request, and writes the answer to it."""

    def __init__(self) -> None:
        self._http = h11.Connection(h11.SERVER)
        self.wanted = LARGEST_REQUEST
        """Bytes that may still come. Whoever receives must not pass on more."""

    def feed(self, data: bytes) -> Request | Response | None:
        """Take some bytes; return the request once it is whole, or an answer if it is none."""
        self.wanted -= len(data)
        try:
            self._http.receive_data(data)
            event = self._http.next_event()
        except h11.RemoteProtocolError as error:
            return refuse(error.error_status_hint, f"this is no HTTP request: {error}")
        if isinstance(event, h11.Request):
            return _as_request(event)
        if self.wanted > 0:
            return None
        return refuse(431, f"a request may have {LARGEST_REQUEST} bytes")

    def answer(self, response: Response) -> bytes:
        """Return the bytes of an answer that ends the connection."""
        length = ("Content-Length", str(len(response.body)))
        headers = [*response.headers, length, ("Connection", "close")]
        head = h11.Response(
            status_code=response.status, reason=response.phrase.encode(), headers=headers
        )
        return (self._http.send(head) or b"") + (response.body if response.has_body else b"")

    def upgrade(self, request: Request) -> tuple[Admission, bytes]:
        """Return the answer, and the bytes that came behind the request.

        A client need not wait for the answer: its first frames may be here already.
        """
        [key] = request.values("sec-websocket-key")
        headers = [
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", generate_accept_token(key.encode()).decode()),
        ]
        self._http.next_event()  # the end of the request, which has no body
        switch = h11.InformationalResponse(
            status_code=101, reason=b"Switching Protocols", headers=headers
        )
        welcome = self._http.send(switch) or b""
        return Admission(request, welcome), self._http.trailing_data[0]


def _as_request(event: h11.Request) -> Request:
    # Latin-1 gives every byte a character, so whatever h11 lets through can be decoded.
    return Request(
        method=event.method.decode("latin-1"),
        target=event.target.decode("latin-1"),
        http_version=event.http_version.decode("latin-1"),
        headers=tuple((n.decode("latin-1"), v.decode("latin-1")) for n, v in event.headers),
    )


@dataclass(frozen=True, slots=True)
class Said:
    """The client said something; `size` is in bytes, for text too."""

    message: Message
    size: int


@dataclass(frozen=True, slots=True)
class Control:
    """A control frame that has to go to the client: a ping, or the answer to one."""

    frame: bytes


class FrameParser:
    """Reads a client's frames, and puts its messages together."""

    def __init__(self, max_message_size: int) -> None:
        self._websocket = Connection(SERVER)
        self._max_message_size = max_message_size
        self._unfinished = bytearray()

    def feed(self, data: bytes) -> Iterator[Said | Control | Farewell]:
        """Take some bytes and yield what they say. Nothing must be fed after a `Farewell`."""
        self._websocket.receive_data(data)
        for event in self._websocket.events():
            match event:
                case events.Message():
                    yield from self._collect(event)
                case events.Ping():
                    yield Control(bytes(self._websocket.send(event.response())))
                case events.CloseConnection():
                    # The client's own Close, or what wsproto says to a frame that is none:
                    # 1002, or 1007 for text that is not UTF-8 (RFC 6455 section 7.4.1).
                    yield Farewell(int(event.code), event.reason or "")

    def _collect(self, event: events.Message[Any]) -> Iterator[Said | Farewell]:
        """Add a piece of a message: a fragment, or what has arrived of one so far.

        Pieces are kept as bytes, of text too: the limit is in bytes, and pieces as small as
        one character would take fifty times their size as strings.
        """
        is_text = isinstance(event.data, str)
        self._unfinished += event.data.encode() if is_text else event.data
        if len(self._unfinished) > self._max_message_size:
            yield Farewell(1009, f"a message may have {self._max_message_size} bytes")
        elif event.message_finished:
            whole, self._unfinished = self._unfinished, bytearray()
            yield Said(whole.decode() if is_text else bytes(whole), len(whole))


# What is sent. A parser of its own for each frame costs little and has no state to share.


def encode(message: Message) -> bytes:
    """Return the frame of a message: text frame or binary frame, as its type says."""
    return bytes(FrameProtocol(client=False, extensions=[]).send_data(message))


def encode_close(farewell: Farewell) -> bytes:
    """Return the Close frame that says goodbye.

    1005 means that the client's own Close gave no code; then ours gives none either.
    """
    code = None if farewell.code == 1005 else farewell.code
    reason = farewell.reason if code else None
    return bytes(FrameProtocol(client=False, extensions=[]).close(code, reason))


def in_pieces(frames: Iterable[bytes]) -> Iterator[bytes | memoryview]:
    """Join small frames and cut large ones, into pieces of `PIECE` bytes at the most.

    So what is shared stays shared: to join all that waits would make a copy for each client,
    and there can be megabytes of it for a thousand of them.
    """
    small: list[bytes] = []
    size = 0
    for frame in frames:
        if size + len(frame) > PIECE:
            yield b"".join(small)
            small, size = [], 0
        if len(frame) > PIECE:
            whole = memoryview(frame)
            yield from (whole[start : start + PIECE] for start in range(0, len(frame), PIECE))
        else:
            small.append(frame)
            size += len(frame)
    yield b"".join(small)


PING = bytes(FrameProtocol(client=False, extensions=[]).ping())
