"""An HTTP client on a raw socket: it sends any bytes, and reads the one answer to them.

Like the client in `clients.py` it does what it is told, right or wrong, and shares no code with
the package.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import pytest
from clients import PATIENCE, address_of

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
"""The key of the example in RFC 6455 section 1.3."""


@dataclass(frozen=True)
class Answer:
    """What the server said: status, headers (names in lower case) and body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name.lower()]


def request(
    url: str,
    changes: Mapping[str, str | list[str] | None] | None = None,
    *,
    method: str = "GET",
    target: str = "/",
    version: str = "1.1",
) -> bytes:
    """Return a request to upgrade that is right, but for the `changes` to its headers.

    A header becomes another value, several headers (a list), or is left out (None). `{host}`
    and `{port}` in a value stand for the server's.
    """
    where = urlsplit(url)
    headers = {
        "Host": "{host}:{port}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": KEY,
        **(changes or {}),
    }
    lines = [f"{method} {target} HTTP/{version}"]
    for name, given in headers.items():
        values = given if isinstance(given, list) else [] if given is None else [given]
        lines += [f"{name}: {value}" for value in values]
    text = "\r\n".join([*lines, "", ""])
    # Not `format`, which would trip over other braces. Latin-1 gives every byte a character.
    text = text.replace("{host}", where.hostname).replace("{port}", str(where.port))
    return text.encode("latin-1")


def open_socket(url: str) -> socket.socket:
    return socket.create_connection(address_of(url), timeout=PATIENCE)


def ask(url: str, data: bytes) -> Answer:
    """Send bytes, all at once, and return the answer.

    Unless it is an upgrade, the server has to hang up behind it; then the socket is at its end.
    """
    with open_socket(url) as sock:
        sock.sendall(data)
        return read_answer(sock)


def read_answer(sock: socket.socket) -> Answer:
    """Read an answer, and fail if it is not a proper one."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _some(sock)
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("ascii").split("\r\n")
    version, status, phrase = first.split(" ", 2)
    assert version == "HTTP/1.1"
    assert phrase
    pairs = [line.split(":", 1) for line in lines]
    headers = tuple((name.lower(), value.strip()) for name, value in pairs)
    while status != "101" and (data := sock.recv(1 << 20)):
        body += data
    return Answer(int(status), headers, body)


def _some(sock: socket.socket) -> bytes:
    data = sock.recv(1 << 20)
    assert data, "the server hung up without an answer"
    return data


def check_refusal(answer: Answer, log: pytest.LogCaptureFixture, status: int) -> None:
    """Check all that every refusal promises. The end of the connection has been seen already."""
    assert answer.status == status
    assert answer.values("Content-Length") == [str(len(answer.body))]
    assert "close" in answer.values("Connection")
    assert "Upgrade" in answer.values("Connection") or not answer.values("Upgrade")
    [date] = answer.values("Date")
    assert parsedate_to_datetime(date)
    assert answer.values("Content-Type") == ["text/plain; charset=utf-8"]
    assert answer.body.count(b"\n") == 1, "one line that says why"
    [line] = log.records
    assert line.levelno == logging.INFO
    assert line.exc_info is None
    assert f" {status} " in line.getMessage()
    assert line.getMessage().isascii()
    assert line.getMessage().isprintable()
