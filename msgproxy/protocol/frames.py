"""WebSocket frames: what a client sends, as messages; what it is sent, as bytes.

Rule: this is the only module of the server that calls wsproto, and it touches no socket.

What is received changes a parser's state, so a parser belongs to one thread, the client's
reader. What is sent has no state at all: the server's frames are not masked (RFC 6455 section
5.1), and without extensions a frame does not depend on the one before. So a message is encoded
once for all clients that get it, by any thread.

An invalid frame is not an exception: wsproto says what it says of a Close frame, with a code of its
own. It is 1002, or 1007 for text that is not UTF-8 (section 7.4.1).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from wsproto import events
from wsproto.connection import SERVER, Connection
from wsproto.frame_protocol import FrameProtocol

from msgproxy.events import ITEM_OVERHEAD, LOST, CloseReason, Message, OutgoingBatch

SEND_CHUNK = 256 * 1024
"""Bytes to send in one go. A client has the ping timeout to take them."""


# A frame costs the same, however small it is, and back-pressure counts messages. So a client could
# keep the processor busy with frames of which no message comes.

MAX_SMALL_FRAGMENTS = 1000
"""Fragments that a message may have in addition to one for every `SMALL_FRAGMENT` bytes."""

SMALL_FRAGMENT = 32

MAX_CONTROL_RATE = 1000
"""Pings and pongs that a client may send in a second."""


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """The client said something. `size` is in bytes, for text too."""

    message: Message
    size: int


@dataclass(frozen=True, slots=True)
class ControlFrame:
    """A frame that has to go to the client: a ping, or the pong to its own ping."""

    frame: bytes


class FrameParser:
    """Reads a client's frames, and assembles its messages."""

    def __init__(self, max_message_size: int) -> None:
        self._websocket = Connection(SERVER)
        self._max_message_size = max_message_size
        self._unfinished = bytearray()
        """The pieces of a message, as bytes, also of text: the limit is in bytes, and pieces of one
        character each would take fifty times their size as strings."""
        self._fragments = 0
        self._controls: tuple[float, int] = 0.0, 0
        """When a second began, and how many control frames came in it."""

    def feed(self, data: bytes) -> Iterator[ReceivedMessage | ControlFrame | CloseReason]:
        """Accept some bytes and yield what they say. Feed nothing after a `CloseReason`."""
        self._websocket.receive_data(data)
        for event in self._websocket.events():
            match event:
                case events.Message():
                    yield from self._collect(event)
                case events.Ping() | events.Pong() if self._is_flood():
                    yield CloseReason(1008, f"more than {MAX_CONTROL_RATE} pings or pongs a second")
                    return
                case events.Ping():
                    yield ControlFrame(bytes(self._websocket.send(event.response())))
                case events.CloseConnection():
                    yield CloseReason(int(event.code), event.reason or "")  # or wsproto's own

    def _collect(self, event: events.Message[Any]) -> Iterator[ReceivedMessage | CloseReason]:
        """Add a piece of a message: a fragment, or what has arrived of one so far."""
        is_text = isinstance(event.data, str)
        self._unfinished += event.data.encode() if is_text else event.data
        self._fragments += event.frame_finished
        if len(self._unfinished) > self._max_message_size:
            yield CloseReason(1009, f"a message may have {self._max_message_size} bytes")
        elif self._fragments > MAX_SMALL_FRAGMENTS + len(self._unfinished) // SMALL_FRAGMENT:
            yield CloseReason(1008, "a message may not have so many small fragments")
        elif event.message_finished:
            whole, self._unfinished, self._fragments = self._unfinished, bytearray(), 0
            yield ReceivedMessage(whole.decode() if is_text else bytes(whole), len(whole))

    def _is_flood(self) -> bool:
        """Count a ping or pong. Return whether there are too many."""
        began, count = self._controls
        now = time.monotonic()
        self._controls = (now, 1) if now - began > 1 else (began, count + 1)
        return self._controls[1] > MAX_CONTROL_RATE


# What is sent. A new encoder for each frame costs little and has no state to share.


def encode(message: Message) -> bytes:
    """Return the frame of a message: a text frame for `str`, a binary frame for `bytes`."""
    return bytes(FrameProtocol(client=False, extensions=[]).send_data(message))


def close_batch(reason: CloseReason) -> OutgoingBatch:
    """Return the last item of an outbound queue, with the Close frame if one can be sent."""
    frames = () if reason.code == LOST else (encode_close(reason),)
    return OutgoingBatch(frames, ITEM_OVERHEAD, is_last=True)


def encode_close(reason: CloseReason) -> bytes:
    """Return a Close frame.

    1005 means that the client's own Close gave no code; then ours gives none either.
    """
    code = None if reason.code == 1005 else reason.code
    return bytes(
        FrameProtocol(client=False, extensions=[]).close(code, reason.reason if code else None)
    )


def in_pieces(frames: Iterable[bytes]) -> Iterator[bytes | memoryview]:
    """Join small frames and cut large ones, into pieces of `SEND_CHUNK` bytes at most.

    So frames that are shared stay shared: joining everything that waits would make a copy for
    each client, which can be megabytes for each of a thousand clients.
    """
    small: list[bytes] = []
    size = 0
    for frame in frames:
        if size + len(frame) > SEND_CHUNK:
            yield b"".join(small)
            small, size = [], 0
        if len(frame) > SEND_CHUNK:
            whole = memoryview(frame)
            yield from (
                whole[start : start + SEND_CHUNK] for start in range(0, len(frame), SEND_CHUNK)
            )
        else:
            small.append(frame)
            size += len(frame)
    yield b"".join(small)


PING = bytes(FrameProtocol(client=False, extensions=[]).ping())
