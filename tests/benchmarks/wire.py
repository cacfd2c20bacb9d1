"""The messages of the load, as frames on the wire (RFC 6455 section 5.2).

Rule: all messages of a scenario have one size, so what has arrived is counted by a division,
and not by looking for where a frame ends.

A message is: who sent it, its number, when it was sent, and padding that never changes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

BINARY, CLOSE = 0x82, 0x88
"""First byte of a whole binary message, and of a Close frame."""

MASKED = 0x80
NO_MASK = bytes(4)
"""Clients have to mask. A mask of zeros is one, changes nothing, and spares the load the work;
a server has to apply it like any other."""

SMALLEST = struct.calcsize("!BId")
GOODBYE = bytes([CLOSE, MASKED | 2]) + NO_MASK + struct.pack("!H", 1000)


def head(size: int, mask_bit: int = 0) -> bytes:
    """Return the head of a binary frame with `size` bytes."""
    if size <= 125:
        return bytes([BINARY, mask_bit | size])
    if size <= 0xFFFF:
        return struct.pack("!BBH", BINARY, mask_bit | 126, size)
    return struct.pack("!BBQ", BINARY, mask_bit | 127, size)


class Garbled(Exception):
    """A server sent something that nobody had sent it."""


class Layout:
    """What frames with messages of one size look like, to the server and from it."""

    def __init__(self, size: int) -> None:
        self._head = head(size)
        self._padding = (bytes(range(256)) * (size // 256 + 1))[SMALLEST:size]
        self._masked_head = head(size, MASKED) + NO_MASK
        self._stamp = struct.Struct("!BId")
        self._frame = struct.Struct(f"!{len(self._head)}sBId{len(self._padding)}s")
        self.frame_size = self._frame.size

    def encode(self, sender: int, number: int, sent_at: float) -> bytes:
        """Return the frame that a client sends."""
        return self._masked_head + self._stamp.pack(sender, number, sent_at) + self._padding

    def decode(self, frames: bytes | bytearray) -> Iterator[tuple[int, int, float]]:
        """Yield sender, number and time of whole frames. Raise `Garbled` if they are none."""
        for start, sender, number, sent_at, padding in self._frame.iter_unpack(frames):
            if start != self._head or padding != self._padding:
                raise Garbled(f"the server sent a frame that begins with {start.hex(' ')}")
            yield sender, number, sent_at
