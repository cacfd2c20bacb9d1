"""HTTP: one request in, one response out.

Rule: this is the only module of the server that calls h11, and it touches no socket: bytes come
in and bytes go out.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus

import h11

Headers = tuple[tuple[str, str], ...]

MAX_REQUEST_SIZE = 16 * 1024
"""Bytes of a request line with its headers. Browsers with many cookies stay under 8 KiB."""

MAX_REASON_LENGTH = 200
"""Characters of a refusal's text: it may quote the client, and it is logged."""

WEBSOCKET_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""No server that does not know WebSocket would add this to a key (RFC 6455 section 1.3)."""

ABSOLUTE_FORM = re.compile(r"https?://([^/?#]+)([^#]*)", re.IGNORECASE)
"""A request target as clients send it to a proxy, with the host in it."""

TLS_HANDSHAKE = b"\x16\x03"
"""How a client begins that expects TLS (RFC 8446 section 5.1)."""

UPGRADE: Headers = (("Upgrade", "websocket"), ("Connection", "Upgrade"))
"""The first needs the second (RFC 9110 section 7.8)."""

PLAIN_TEXT: Headers = (("Content-Type", "text/plain; charset=utf-8"),)


@dataclass(frozen=True, slots=True)
class Request:
    """The head of an HTTP request. Header names are in lower case."""

    method: str
    target: str
    http_version: str
    headers: Headers

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    def values(self, name: str) -> list[str]:
        """Return the values of all headers of this name, without surrounding spaces."""
        return [value.strip() for key, value in self.headers if key == name]

    def tokens(self, name: str) -> set[str]:
        """Return what a comma-separated header lists, in lower case (RFC 9110 section 5.6.1)."""
        listed = ",".join(self.values(name)).lower().split(",")
        return {token.strip() for token in listed}


@dataclass(frozen=True, slots=True)
class Response:
    """A response after which the connection is closed."""

    status: int
    body: bytes = b""
    headers: Headers = PLAIN_TEXT
    has_body: bool = True
    """False for the response to HEAD, which has everything but the body (RFC 9110 9.3.2)."""

    @property
    def phrase(self) -> str:
        """The meaning of the status, for the status line."""
        return HTTPStatus(self.status).phrase


def refuse(status: int, why: str, *headers: tuple[str, str]) -> Response:
    """Return a refusal, with one line of text that says what to do about it."""
    return Response(status, f"{why:.{MAX_REASON_LENGTH}}\n".encode(), (*PLAIN_TEXT, *headers))


@dataclass(frozen=True, slots=True)
class Admission:
    """A client is accepted: what it asked for, and what follows from that."""

    request: Request

    welcome: bytes
    """The response with status 101, for the writer to send."""

    early_bytes: bytes
    """What the client sent after its request, without waiting for the response."""


class RequestParser:
    """Reads one HTTP request, and writes the response to it. It belongs to one thread."""

    def __init__(self) -> None:
        self._http = h11.Connection(h11.SERVER)
        self.wanted = MAX_REQUEST_SIZE
        """Bytes that may still come. The caller must not feed more."""

    def feed(self, data: bytes) -> Request | Response | None:
        """Accept some bytes. Return the request once it is complete, or a refusal."""
        if self.wanted == MAX_REQUEST_SIZE and data.startswith(TLS_HANDSHAKE):
            return refuse(
                400, "this is TLS, and only HTTP is spoken here: put a TLS proxy in front"
            )
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
        return refuse(431, f"a request may have {MAX_REQUEST_SIZE} bytes")

    def encode(self, response: Response) -> bytes:
        """Return the bytes of a response that ends the connection."""
        date = ("Date", formatdate(usegmt=True))  # RFC 9110 section 6.6.1
        length = ("Content-Length", str(len(response.body)))
        headers = [*response.headers, date, length, ("Connection", "close")]
        head = h11.Response(
            status_code=response.status, reason=response.phrase.encode(), headers=headers
        )
        return (self._http.send(head) or b"") + (response.body if response.has_body else b"")

    def upgrade(self, request: Request) -> Admission:
        """Switch to WebSocket (RFC 6455 section 4.2.2). The request has passed all checks."""
        [key] = request.values("sec-websocket-key")
        headers = [*UPGRADE, ("Sec-WebSocket-Accept", _accept_token(key))]
        self._http.next_event()  # the end of the request, which has no body
        switch = h11.InformationalResponse(
            status_code=101, reason=b"Switching Protocols", headers=headers
        )
        welcome = self._http.send(switch) or b""
        return Admission(request, welcome, self._http.trailing_data[0])


def _accept_token(key: str) -> str:
    """Prove that the server understood a WebSocket handshake (RFC 6455 section 4.2.2, item 5.4)."""
    digest = hashlib.sha1(f"{key}{WEBSOCKET_GUID}".encode()).digest()
    return base64.b64encode(digest).decode()


def _as_request(event: h11.Request) -> Request:
    # Latin-1 gives every byte a character, so everything that h11 accepts can be decoded.
    target = event.target.decode("latin-1")
    headers = tuple((n.decode("latin-1"), v.decode("latin-1")) for n, v in event.headers)
    if absolute := ABSOLUTE_FORM.fullmatch(target):
        # A server must accept this form, and take the host from it (RFC 9112 section 3.2.2).
        host, path = absolute.groups()
        target = path if path.startswith("/") else f"/{path}"
        headers = (("host", host), *(one for one in headers if one[0] != "host"))
    return Request(
        method=event.method.decode("latin-1"),
        target=target,
        http_version=event.http_version.decode("latin-1"),
        headers=headers,
    )
