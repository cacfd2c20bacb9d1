"""A thousand clients in one thread: sockets that do not block, and a selector.

Each member does as its kind does: listens and answers pings, or stops reading, or vanishes.
"""

from __future__ import annotations

import base64
import contextlib
import selectors
import socket
import struct
import time

from clients import PING, PONG, TEXT, address_of, encode_frame

KEY = base64.b64encode(b"0123456789abcdef").decode()


class Member:
    """One client of the crowd, and what it has heard."""

    def __init__(self, url: str) -> None:
        host, port = address_of(url)
        self.socket = socket.create_connection((host, port), timeout=20)
        self.socket.sendall(
            f"GET / HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {KEY}\r\n\r\n".encode()
        )
        self.socket.setblocking(False)
        self.is_open = False
        self.buffer = b""
        self.heard: list[bytes] = []

    def say(self, text: bytes) -> None:
        self.socket.sendall(encode_frame(TEXT, text))

    def vanish(self, *, rudely: bool) -> None:
        if rudely:
            linger = struct.pack("ii", 1, 0)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.socket.close()

    def take(self, data: bytes) -> None:
        """Take some bytes from the server, which are as they come: frames may be cut."""
        self.buffer += data
        if not self.is_open:
            head, mark, rest = self.buffer.partition(b"\r\n\r\n")
            if not mark:
                return
            assert head.startswith(b"HTTP/1.1 101"), head
            self.is_open, self.buffer = True, rest
        self._take_frames()

    def _take_frames(self) -> None:
        at, buffer = 0, self.buffer
        while len(buffer) >= at + 2:
            opcode, size = buffer[at] & 0x0F, buffer[at + 1]
            assert size < 126, "in a crowd all messages are short"
            if len(buffer) < at + 2 + size:
                break
            payload = buffer[at + 2 : at + 2 + size]
            if opcode == TEXT:
                self.heard.append(payload)
            elif opcode == PING:
                self.socket.sendall(encode_frame(PONG, payload))
            at += 2 + size
        self.buffer = buffer[at:]


class Crowd:
    """Members that listen; `with Crowd() as crowd:` hangs up for all of them at the end."""

    def __init__(self) -> None:
        self.selector = selectors.DefaultSelector()
        self.members: list[Member] = []

    def __enter__(self) -> Crowd:
        return self

    def __exit__(self, *_) -> None:
        self.selector.close()
        for member in self.members:
            member.socket.close()

    def join(self, url: str) -> Member:
        member = Member(url)
        self.members.append(member)
        self.selector.register(member.socket, selectors.EVENT_READ, member)
        return member

    def stop_listening(self, member: Member) -> None:
        with contextlib.suppress(KeyError, ValueError):
            self.selector.unregister(member.socket)

    def listen(self, seconds: float) -> None:
        """Let everyone hear what has come, for some time."""
        until = time.monotonic() + seconds
        while (remaining := until - time.monotonic()) > 0:
            for key, _ in self.selector.select(remaining):
                self._hear(key.data)

    def listen_until(self, condition, what: str, patience: float = 60) -> None:
        deadline = time.monotonic() + patience
        while not condition():
            assert time.monotonic() < deadline, f"waited {patience} s in vain for: {what}"
            self.listen(0.02)

    def _hear(self, member: Member) -> None:
        try:
            data = member.socket.recv(1 << 16)
        except ConnectionResetError:
            data = b""
        if data:
            member.take(data)
        else:
            self.stop_listening(member)
