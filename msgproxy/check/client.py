"""One client of `msgproxy check`: as friendly, slow, mute or rude as it is told to be.

Rule: nothing here waits. Its harness (`harness.py`) waits for all clients at once, so that each
of them answers its pings in time, whatever the others are about.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import socket
import struct
from collections import deque
from dataclasses import dataclass

from msgproxy.check import frames
from msgproxy.check.failure import Unexpected
from msgproxy.check.frames import Message

AT_ONCE = 1 << 18
"""Bytes to receive or to send at most at a time."""

LONGEST_HEAD = 1 << 16
"""Bytes of an answer's head; more is no answer."""

SALT = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""What proves that a server knows WebSockets (RFC 6455 section 1.3)."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server is."""

    host: str
    port: int
    path: str

    @property
    def name(self) -> str:
        """What a Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Answer:
    """The head of a server's HTTP answer. Header names are in lower case."""

    status: int
    phrase: str
    headers: dict[str, str]

    def __str__(self) -> str:
        return f"the HTTP answer {self.status} {self.phrase}".rstrip()


class Client:
    """A connection, and what has come on it."""

    def __init__(self, name: str, sock: socket.socket) -> None:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.name = name
        self.answer: Answer | None = None
        self.heard: deque[Message] = deque()
        self.pongs: list[bytes] = []
        self.end: Unexpected | None = None
        """Why nothing more can come. What has come before is in `heard` still."""
        self.close_code: int | None = None
        self.reads = True
        """Whether it receives at all. If not, what the server sends gets stuck."""
        self.answers_pings = True
        self.only_counts = False
        """Whether what comes is not looked at, but only counted."""
        self.counted = 0
        self.outgoing = bytearray()
        self._socket = sock
        self._key = base64.b64encode(os.urandom(16))
        self._head = b""
        self._frames = frames.FrameReader()
        self._messages = frames.MessageReader()

    def fileno(self) -> int:
        """For `select`."""
        return self._socket.fileno()

    def close(self) -> None:
        """Go without a word."""
        self._socket.close()

    # What to send. It waits in `outgoing` until the harness finds that the socket takes it.

    def request(self, address: Address, *headers: str) -> None:
        """Ask to be let in. `headers` come besides the usual ones, or in place of them."""
        usual = {
            "Host": address.name,
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": self._key.decode(),
        }
        usual |= dict(header.split(": ", 1) for header in headers)
        lines = [f"GET {address.path} HTTP/1.1", *(f"{k}: {v}" for k, v in usual.items() if v)]
        self.outgoing += "".join(f"{line}\r\n" for line in [*lines, ""]).encode()

    def say(self, *messages: Message) -> None:
        """Say something."""
        for message in messages:
            self.outgoing += frames.encode_message(message)

    def send_frame(self, opcode: int, payload: bytes = b"", *, fin: bool = True) -> None:
        """Send any frame."""
        self.outgoing += frames.encode_frame(opcode, payload, fin=fin)

    # Called by the harness when the socket is ready.

    def flush(self) -> None:
        """Send what the socket takes now."""
        try:
            sent = self._socket.send(self.outgoing[:AT_ONCE])
        except BlockingIOError:
            return
        except OSError:
            # What the server has said before it hung up may still be there to be read.
            self.outgoing.clear()
            if self.reads:
                self.receive()
            self.end = self.end or Unexpected("the end of the connection")
            return
        del self.outgoing[:sent]

    def receive(self) -> None:
        """Take what has come."""
        try:
            data = self._socket.recv(AT_ONCE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        try:
            self._take(data)
        except Unexpected as unexpected:
            self.end = unexpected

    def _take(self, data: bytes) -> None:
        if not data:
            raise Unexpected("the end of the connection, without a goodbye")
        if self.only_counts:
            self.counted += len(data)
            return
        if not self.answer:
            self._head += data
            data = self._take_answer()
        for opcode, fin, payload in self._frames.feed(data):
            self._take_frame(opcode, fin, payload)

    def _take_answer(self) -> bytes:
        """Read the answer to the request, if it is all here; return what comes behind it."""
        head, end, rest = self._head.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1."[: len(head)]) or len(head) > LONGEST_HEAD:
            raise Unexpected(f"something that is no HTTP: {head[:40]!r}")
        if not end:
            return b""
        status_line, *lines = head.decode("latin-1").split("\r\n")
        _, status, phrase = f"{status_line}  ".split(" ", 2)
        pairs = (line.partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        self.answer = Answer(int(status) if status.isdigit() else 0, phrase.strip(), headers)
        if self.answer.status != 101:
            raise Unexpected(str(self.answer))
        proof = base64.b64encode(hashlib.sha1(self._key + SALT).digest()).decode()
        if headers.get("sec-websocket-accept") != proof:
            raise Unexpected("a welcome whose Sec-WebSocket-Accept does not fit the request's key")
        return rest

    def _take_frame(self, opcode: int, fin: bool, payload: bytes) -> None:
        if opcode == frames.CLOSE:
            self.close_code = struct.unpack("!H", payload[:2])[0] if payload else 1005
            reason = payload[2:].decode(errors="replace")
            self.send_frame(frames.CLOSE, payload)
            self.flush()
            words = f"a goodbye of the server, code {self.close_code} {reason}".rstrip()
            raise Unexpected(words)
        if opcode == frames.PING:
            if self.answers_pings:
                self.send_frame(frames.PONG, payload)
        elif opcode == frames.PONG:
            self.pongs.append(payload)
        elif (message := self._messages.feed(opcode, fin, payload)) is not None:
            self.heard.append(message)

    def leave(self) -> None:
        """Say goodbye as one should, and go."""
        self.send_frame(frames.CLOSE, struct.pack("!H", 1000))
        with contextlib.suppress(OSError):
            self._socket.send(self.outgoing)
        self.close()
