"""A WebSocket client on a raw socket, and waiting with a deadline.

The client does what it is told, right or wrong: it sends any frame, and answers nothing by
itself. It shares no code with the package, so the two cannot be wrong together.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import math
import os
import socket
import struct
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

PATIENCE = float(os.environ.get("TEST_PATIENCE", "20"))
"""Seconds that a test waits for what has to come. Generous: a busy machine is no bug."""

PROGRAM_PATIENCE = 3 * PATIENCE
"""Seconds for what a program does that has to start first, and to import much."""


def wait_for(condition: Callable[[], object], what: str = "", patience: float = PATIENCE) -> None:
    """Wait until a condition holds; fail if it takes longer than `patience` seconds."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {patience:g} s in vain for: {what or condition}")
        time.sleep(0.005)


def wait_for_clients(server, count: int) -> None:
    """Wait until that many clients have joined, as the broker sees it."""
    wait_for(lambda: len(server.snapshot().clients) == count, f"{count} clients")


def count_readers() -> int:
    """Count the reader threads that run in this process, viewers' too."""
    return sum(thread.name.startswith("reader-") for thread in threading.enumerate())


def address_of(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname, parts.port


def ws(url: str) -> str:
    """Turn a server's URL into one for WebSocket clients."""
    return url.replace("http", "ws", 1)


def encode_frame(
    opcode, payload=b"", *, fin=True, rsv=0, mask=True, length=None, key=None
) -> bytes:
    """Return a frame, also one that is against the rules. `length` is what its head claims."""
    size = len(payload) if length is None else length
    masked = 0x80 if mask else 0
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    if size <= 125:
        head += bytes([masked | size])
    elif size <= 0xFFFF:
        head += bytes([masked | 126]) + struct.pack("!H", size)
    else:
        head += bytes([masked | 127]) + struct.pack("!Q", size)
    if not mask:
        return head + payload
    # A mask of zeros changes nothing, so big payloads cost nothing; else four random bytes.
    key = key or (bytes(4) if len(payload) > 4096 else os.urandom(4))
    if any(key):
        payload = bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))
    return head + key + payload


class RawClient:
    """One connection; `with RawClient(url) as client:` closes the socket without a word."""

    def __init__(
        self, url: str, *, patience: float = PATIENCE, receive_buffer: int = 0, early: bytes = b""
    ) -> None:
        """`early` goes out in one piece with the request: frames that wait for no answer."""
        self.socket = socket.socket()
        self.socket.settimeout(patience)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.buffer = b""
        self.bytes_per_second = math.inf
        try:
            self.socket.connect(address_of(url))
            self.handshake(url, early)
        except BaseException:
            self.socket.close()
            raise

    def handshake(self, url: str, early: bytes = b"") -> None:
        key = base64.b64encode(os.urandom(16))
        self.socket.sendall(
            b"GET / HTTP/1.1\r\nHost: %b\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %b\r\n\r\n%b"
            % (urlsplit(url).netloc.encode(), key, early)
        )
        while b"\r\n\r\n" not in self.buffer:
            self.buffer += self._some()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        accept = hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
        assert head.startswith(b"HTTP/1.1 101 "), head
        assert base64.b64encode(accept) in head

    def __enter__(self) -> RawClient:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        self.socket.close()

    def reset(self) -> None:
        """Vanish as rudely as TCP allows: a reset instead of an end."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def send(self, message: str | bytes) -> None:
        is_text = isinstance(message, str)
        self.send_frame(TEXT if is_text else BINARY, message.encode() if is_text else message)

    def send_frame(self, opcode: int, payload: bytes = b"", **kwargs) -> None:
        self.socket.sendall(encode_frame(opcode, payload, **kwargs))

    def receive_frame(self) -> tuple[bool, int, bytes]:
        """Return the next frame as (fin, opcode, payload); raise EOFError at the end."""
        first, second = self._exactly(2)
        assert not second & 0x80, "a server must not mask (RFC 6455 section 5.1)"
        assert not first & 0x70, "no extension was agreed on, so the reserved bits are 0"
        size = second & 0x7F
        if size == 126:
            (size,) = struct.unpack("!H", self._exactly(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", self._exactly(8))
        return bool(first & 0x80), first & 0x0F, self._exactly(size)

    def receive(self) -> str | bytes:
        """Return the next message. Pings and pongs in between are passed over."""
        while True:
            fin, opcode, payload = self.receive_frame()
            if opcode in (TEXT, BINARY):
                assert fin, "the proxy sends a message in one frame"
                return payload.decode() if opcode == TEXT else payload
            assert opcode in (PING, PONG), f"opcode {opcode} came instead of a message: {payload!r}"

    def receive_close(self) -> tuple[int | None, str]:
        """Return code and reason of the next Close frame; messages before it are passed over."""
        while True:
            _, opcode, payload = self.receive_frame()
            if opcode == CLOSE:
                code = struct.unpack("!H", payload[:2])[0] if payload else None
                return code, payload[2:].decode()

    def is_at_end(self) -> bool:
        """Wait for the server to hang up; return whether nothing came before that."""
        with contextlib.suppress(ConnectionResetError):
            return not self.buffer and self.socket.recv(1) == b""
        return True

    def close_cleanly(self, code: int = 1000) -> tuple[int | None, str]:
        """Close properly, and return what the server's Close frame said."""
        self.send_frame(CLOSE, struct.pack("!H", code))
        return self.receive_close()

    def _exactly(self, count: int) -> bytes:
        pieces, size = [self.buffer], len(self.buffer)
        while size < count:
            pieces.append(self._some())
            size += len(pieces[-1])
        whole = b"".join(pieces)
        self.buffer = whole[count:]
        return whole[:count]

    def slow_down(self, bytes_per_second: int) -> None:
        """Receive no faster than that from now on, a bit at a time."""
        self.bytes_per_second = bytes_per_second

    def _some(self) -> bytes:
        if data := self.socket.recv(1 << 18):
            time.sleep(len(data) / self.bytes_per_second)
            return data
        raise EOFError("the server hung up")
