"""WebSocket frames as `msgproxy check` needs them: it sends good and bad ones, and reads any.

Rule: it shares neither code nor a library with the server, so the two cannot be wrong together.
What comes in is checked, and an error is said in words that a person understands.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator

from msgproxy.check.failure import Unexpected

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

OPCODES = {CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG}

SHOWN = 12
"""Bytes that are quoted of a frame that makes no sense."""

MASKED_WITH_ZEROS = 4096
"""Bytes from which on a payload is masked with zeros: that costs nothing, and will do here."""

LONGEST_FRAME = 1 << 26
"""Bytes of a frame; nobody has said anything as long."""

Message = str | bytes


def encode_frame(opcode: int, payload: bytes = b"", *, fin: bool = True) -> bytes:
    """Return a client's frame, which may break the rules."""
    head = bytes([(0x80 if fin else 0) | opcode])
    if len(payload) <= 125:
        head += bytes([0x80 | len(payload)])
    elif len(payload) <= 0xFFFF:
        head += bytes([0x80 | 126]) + struct.pack("!H", len(payload))
    else:
        head += bytes([0x80 | 127]) + struct.pack("!Q", len(payload))
    if len(payload) > MASKED_WITH_ZEROS:
        return head + bytes(4) + payload
    key = os.urandom(4)
    return head + key + bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))


def encode_message(message: Message) -> bytes:
    """Return the frame of a message: text frame or binary frame, as its type says."""
    if isinstance(message, str):
        return encode_frame(TEXT, message.encode())
    return encode_frame(BINARY, message)


class FrameReader:
    """Splits a server's bytes into frames. Raises `Unexpected` if a server may not send them."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, bool, bytes]]:
        """Yield the frames that are complete now, as opcode, FIN bit and payload."""
        self._bytes += data
        while (frame := self._next()) is not None:
            yield frame

    def _next(self) -> tuple[int, bool, bytes] | None:
        if len(self._bytes) < 2:
            return None
        first, second = self._bytes[:2]
        opcode = first & 0x0F
        self._reject_if(first & 0x70, "has reserved bits set, though no extension was agreed on")
        self._reject_if(opcode not in OPCODES, f"has opcode {opcode}, which does not exist")
        self._reject_if(second & 0x80, "is masked, as only those of clients should be")
        if opcode >= CLOSE:  # a control frame (RFC 6455 section 5.5)
            self._reject_if(second > 125, "is a control frame of more than 125 bytes")
            self._reject_if(not first & 0x80, "is a control frame, but only a fragment (FIN is 0)")
        if (size := self._size(second)) is None or len(self._bytes) < sum(size):
            return None
        start, length = size
        payload = bytes(self._bytes[start : start + length])
        del self._bytes[: start + length]
        return opcode, bool(first & 0x80), payload

    def _size(self, second: int) -> tuple[int, int] | None:
        """Return the sizes of head and payload, or None as long as the head is not complete."""
        if second < 126:
            return 2, second
        start, least = (4, 126) if second == 126 else (10, 1 << 16)
        if len(self._bytes) < start:
            return None
        length = int.from_bytes(self._bytes[2:start], "big")
        self._reject_if(length > LONGEST_FRAME, f"has a payload of {length:,} bytes")
        # RFC 6455 section 5.2: the length is written in as few bytes as possible.
        self._reject_if(length < least, f"has the length {length:,} in {start - 2} bytes, too many")
        return start, length

    def _reject_if(self, is_wrong: object, why: str) -> None:
        if is_wrong:
            begin = self._bytes[:SHOWN].hex(" ")
            raise Unexpected(
                f"bytes that are no frame of a server: it {why}; it begins with {begin}"
            )


class MessageReader:
    """Joins frames to messages."""

    def __init__(self) -> None:
        self._opcode: int | None = None
        self._pieces: list[bytes] = []

    def feed(self, opcode: int, fin: bool, payload: bytes) -> Message | None:
        """Take a data frame; return the message if this was the last frame of it."""
        if (opcode == CONTINUATION) is (self._opcode is None):
            raise Unexpected(
                "frames out of order: a message that begins within another one, or in its middle"
            )
        self._opcode = self._opcode or opcode
        self._pieces.append(payload)
        if not fin:
            return None
        whole, is_text = b"".join(self._pieces), self._opcode == TEXT
        self._opcode, self._pieces = None, []
        try:
            return whole.decode() if is_text else whole
        except UnicodeDecodeError as error:
            raise Unexpected(f"a text message that is not UTF-8 ({error.reason})") from None
