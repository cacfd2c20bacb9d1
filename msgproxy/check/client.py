"""One client of `msgproxy check`: as friendly, slow, mute or rude as a behaviour needs it.

Rule: nothing here waits. The harness waits for all clients at once, so that each of them answers
its pings in time, whatever the others do. And nothing that a server sends raises anything: it
becomes the `end` of the client.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import re
import socket
import struct
from collections import deque
from dataclasses import dataclass
from selectors import EVENT_READ, EVENT_WRITE

from msgproxy.check import frames
from msgproxy.check.failure import Unexpected
from msgproxy.check.frames import Message
from msgproxy.terminal.address import DEFAULT_PORTS

RECV_SIZE = 1 << 18
"""Bytes to receive or to send at a time, at most."""

LONGEST_HEAD = 1 << 16
"""Bytes of a response's head; more is no response."""

QUOTED = 40
"""Characters of a message that a report quotes."""

SALT = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""With it, a server proves that it knows WebSockets (RFC 6455 section 1.3)."""

NOT_OFFERED = ("Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol")
"""Headers in which a server chooses from what a client has offered. These clients offer nothing."""

INTERIM = re.compile(rb"HTTP/1\.[0-9] 1(?!01)[0-9]{2}(?: [^\r\n]*)?\r\n(?:[^\r\n]+\r\n)*\r\n")
"""A response before the final one, such as 100 or 103."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server is."""

    host: str
    port: int
    path: str

    @property
    def name(self) -> str:
        """Host and port, as in a Host header: without the default port (RFC 6455 section 4.1).

        An Origin must not have it either (RFC 6454 section 6.2).
        """
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS["ws"] else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Answer:
    """The head of a server's HTTP response. Header names are in lower case."""

    status: int
    phrase: str
    headers: dict[str, str]

    def __str__(self) -> str:
        return f"the HTTP status {self.status} {self.phrase}".rstrip()

    def lists(self, name: str, token: str) -> bool:
        """Return whether a header lists a token, in upper or lower case."""
        tokens = self.headers.get(name, "").lower().split(",")
        return token in [one.strip() for one in tokens]

    def check(self, proof: str) -> None:
        """Raise `Unexpected` if a client must fail with this answer (RFC 6455 section 4.1)."""
        if self.status != 101:
            raise Unexpected(str(self))
        if self.headers.get("upgrade", "").lower() != "websocket":  # it may not be a list
            raise Unexpected(f"{self}, but without the header 'Upgrade: websocket'")
        if not self.lists("connection", "upgrade"):
            raise Unexpected(f"{self}, but without the header 'Connection: Upgrade'")
        if self.headers.get("sec-websocket-accept") != proof:
            raise Unexpected("a Sec-WebSocket-Accept that does not fit the key of the request")
        for name in NOT_OFFERED:
            if (value := self.headers.get(name.lower())) is not None:
                header = f"'{name}: {value[:QUOTED]}'"
                raise Unexpected(f"{self}, but with {header}, though the client offered none")


class Client:
    """A connection, and what has arrived on it."""

    def __init__(self, name: str, sock: socket.socket) -> None:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.name = name
        self.answer: Answer | None = None
        self.heard: deque[Message] = deque()
        self.said: set[Message] = set()
        self.pongs: list[bytes] = []
        self.end: Unexpected | None = None
        """Why nothing more can come. What came before it is still in `heard`."""
        self.close_code: int | None = None
        self.reads = True
        """Whether it receives at all. If not, what the server sends gets stuck."""
        self.answers_pings = True
        self.only_counts = False
        """Whether what comes is only counted. It answers a Close frame even then."""
        self.counted = 0
        self.outgoing = bytearray()
        self._socket = sock
        self._key = base64.b64encode(os.urandom(16))
        self._head = b""
        self._frames = frames.FrameReader()
        self._messages = frames.MessageReader()

    def fileno(self) -> int:
        """For `selectors`."""
        return self._socket.fileno()

    @property
    def waits_for(self) -> int:
        """What a selector should wait for: `EVENT_READ`, `EVENT_WRITE`, both, or 0 for nothing."""
        return (EVENT_READ if self.reads else 0) | (EVENT_WRITE if self.outgoing else 0)

    def close(self) -> None:
        """Close the socket, without a Close frame."""
        self._socket.close()

    # For reports.

    @property
    def description(self) -> str:
        """The name, and what is special about the client."""
        if self.end:
            return f"{self.name} (it got {self.end})"
        return self.name if self.reads else f"{self.name} (does not read)"

    def describe(self, message: Message) -> str:
        """Quote a message, and say so if it is one of this client's own."""
        own = ", which is its own message" if message in self.said else ""
        if len(message) <= QUOTED:
            return f"{message!r}{own}"
        what = "characters" if isinstance(message, str) else "bytes"
        return f"{message[:QUOTED]!r}… ({len(message):,} {what}){own}"

    def describe_heard(self) -> str:
        """Say what is in `heard`: how much, and the last of it."""
        if not self.heard:
            return "nothing"
        last = self.describe(self.heard[-1])
        return last if len(self.heard) == 1 else f"{len(self.heard)} messages, the last one {last}"

    # Sending. The bytes wait in `outgoing` until the harness finds that the socket takes them.

    def request(self, address: Address, *headers: str) -> None:
        """Send the handshake's request. `headers` are added to the usual ones, or replace them."""
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
        self.said.update(messages)
        for message in messages:
            self.outgoing += frames.encode_message(message)

    def send_frame(self, opcode: int, payload: bytes = b"", *, fin: bool = True) -> None:
        """Send any frame."""
        self.outgoing += frames.encode_frame(opcode, payload, fin=fin)

    # Called by the harness when the socket is ready.

    def flush(self) -> None:
        """Send what the socket takes now."""
        try:
            sent = self._socket.send(self.outgoing[:RECV_SIZE])
        except BlockingIOError:
            return
        except OSError:
            # What the server sent before it hung up may still be there to be read.
            self.outgoing.clear()
            if self.reads:
                self.receive()
            self.end = self.end or Unexpected("the end of the connection")
            return
        del self.outgoing[:sent]

    def receive(self) -> None:
        """Receive what has arrived."""
        try:
            data = self._socket.recv(RECV_SIZE)
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
            raise Unexpected("the end of the connection, without a Close frame")
        if self.only_counts:
            self._count(data)
            return
        if not self.answer:
            self._head += data
            data = b"" if self._is_interim() else self._take_answer()
        for opcode, fin, payload in self._frames.feed(data):
            self._take_frame(opcode, fin, payload)

    def _count(self, data: bytes) -> None:
        """Count bytes, and answer a Close frame. Nothing else matters, be it right or wrong.

        A server may wait for the answer before it hangs up (RFC 6455 section 5.5.1).
        """
        self.counted += len(data)
        with contextlib.suppress(Unexpected):
            for opcode, _, payload in self._frames.feed(data):
                if opcode == frames.CLOSE and self.close_code is None:
                    self._answer_close(payload)

    def _is_interim(self) -> bool:
        """Remove interim responses: the final one follows (RFC 9110 section 15.2)."""
        while interim := INTERIM.match(self._head):
            self._head = self._head[interim.end() :]
        return not self._head

    def _take_answer(self) -> bytes:
        """Read the response to the request, if it is complete; return the bytes after it."""
        head, end, rest = self._head.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1."[: len(head)]) or len(head) > LONGEST_HEAD:
            raise Unexpected(f"something that is no HTTP: {head[:40]!r}")
        if not end:
            return b""
        status_line, *lines = head.decode("latin-1").split("\r\n")
        _, status, phrase = f"{status_line}  ".split(" ", 2)
        if not re.fullmatch("[0-9]{3}", status):
            raise Unexpected(f"an HTTP response without a status: {status_line[:QUOTED]!r}")
        self.answer = Answer(int(status), phrase.strip(), _join_headers(lines))
        self.answer.check(base64.b64encode(hashlib.sha1(self._key + SALT).digest()).decode())
        return rest

    def _take_frame(self, opcode: int, fin: bool, payload: bytes) -> None:
        if opcode == frames.CLOSE:
            self._answer_close(payload)
            reason = payload[2:].decode(errors="replace")
            code = f"with code {self.close_code}" if payload else "without a code"
            raise Unexpected(f"a Close frame {code} {reason}".rstrip())
        if opcode == frames.PING:
            if self.answers_pings:
                self.send_frame(frames.PONG, payload)
        elif opcode == frames.PONG:
            self.pongs.append(payload)
        elif (message := self._messages.feed(opcode, fin, payload)) is not None:
            self.heard.append(message)

    def _answer_close(self, payload: bytes) -> None:
        if len(payload) == 1:
            raise Unexpected("a Close frame of one byte, but a close code has two")
        self.close_code = struct.unpack("!H", payload[:2])[0] if payload else 1005
        self.send_frame(frames.CLOSE, payload)
        self.flush()

    def leave(self) -> None:
        """Send a Close frame, and close the socket."""
        self.send_frame(frames.CLOSE, struct.pack("!H", 1000))
        with contextlib.suppress(OSError):
            self._socket.send(self.outgoing)
        self.close()


def _join_headers(lines: list[str]) -> dict[str, str]:
    """Read header lines. Lines of the same name make one list (RFC 9110 section 5.3)."""
    headers: dict[str, str] = {}
    for line in lines:
        name, value = (part.strip() for part in line.partition(":")[::2])
        name = name.lower()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers
