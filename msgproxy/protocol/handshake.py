"""Which request gets which answer: the rules of the door.

Rule: nothing here touches a socket. A `Request` goes in and a `Response` comes out, so the
whole of it can be read, and tested, as a table.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus

from msgproxy.protocol.hosts import is_loopback_name
from msgproxy.web.page import PAGE, PAGE_HEADERS

Headers = tuple[tuple[str, str], ...]

TRACE = "/trace"
"""Where those connect who watch what goes on inside."""


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


LONGEST_REASON = 200
"""Characters of a refusal's text: it may quote the client, and it stands in the log."""

PLAIN_TEXT: Headers = (("Content-Type", "text/plain; charset=utf-8"),)


@dataclass(frozen=True, slots=True)
class Response:
    """An answer; the connection is closed behind it, unless its status is 101."""

    status: int
    body: bytes = b""
    headers: Headers = PLAIN_TEXT
    has_body: bool = True
    """False for the answer to HEAD, which is all of it but the body (RFC 9110 section 9.3.2)."""

    @property
    def phrase(self) -> str:
        """What the status means, as the status line says it."""
        return HTTPStatus(self.status).phrase


@dataclass(frozen=True, slots=True)
class Policy:
    """Whom a server lets in."""

    loopback_only: bool
    """The server is bound to a loopback address, so nobody may call it by another name."""

    allowed_origins: frozenset[str] = frozenset()
    """Origins, besides the server's own, whose pages may connect."""

    can_be_watched: bool = False
    """Viewers may come in, at `TRACE`."""

    full: bool = False
    """There is no room for another client."""


UPGRADE = Response(101, headers=())
"""Come in: from here on the connection speaks WebSocket."""


def refuse(status: int, why: str, *headers: tuple[str, str]) -> Response:
    """Make a refusal with one line of text that says what to do about it."""
    return Response(status, f"{why:.{LONGEST_REASON}}\n".encode(), (*PLAIN_TEXT, *headers))


def answer(request: Request, policy: Policy) -> Response:
    """Return the answer of the first rule that has one; `UPGRADE` if none objects."""
    for rule in RULES:
        if response := rule(request, policy):
            return replace(response, has_body=request.method != "HEAD")
    return UPGRADE


def _has_room(_: Request, policy: Policy) -> Response | None:
    if policy.full:
        return refuse(503, "too many clients, try again later", ("Retry-After", "5"))
    return None


def _is_called_by_our_name(request: Request, policy: Policy) -> Response | None:
    """Refuse what a foreign name led here (DNS rebinding).

    A page on evil.example can let its own name point to 127.0.0.1 a minute later. For the
    browser both are then one origin; only the name it asked for gives it away.
    """
    names = request.values("host")
    if policy.loopback_only and not (len(names) == 1 and is_loopback_name(names[0])):
        return refuse(421, "this server listens on loopback only; call it localhost")
    return None


def _path_exists(request: Request, policy: Policy) -> Response | None:
    paths = {"/", TRACE} if policy.can_be_watched else {"/"}
    return None if request.path in paths else refuse(404, "there is nothing here but /")


def _method_is_get(request: Request, _: Policy) -> Response | None:
    if request.method == "GET":
        return None
    return refuse(405, "only GET is answered here", ("Allow", "GET"))


def _wants_page(request: Request, _: Policy) -> Response | None:
    if "websocket" in request.tokens("upgrade"):
        return None
    if request.path == TRACE:
        return refuse(426, f"{TRACE} is a WebSocket", ("Upgrade", "websocket"))
    return Response(200, PAGE, PAGE_HEADERS)


def _can_upgrade(request: Request, _: Policy) -> Response | None:
    """Check what RFC 6455 section 4.2.1 asks of the request (and RFC 9110 section 7.8)."""
    if request.http_version != "1.1":
        return refuse(400, "a WebSocket starts with HTTP/1.1")
    if "upgrade" not in request.tokens("connection"):
        return refuse(400, "the Connection header does not say Upgrade")
    if request.values("transfer-encoding") or request.tokens("content-length") - {"", "0"}:
        return refuse(400, "a WebSocket request has no body")
    return None


def _speaks_version_13(request: Request, _: Policy) -> Response | None:
    if request.values("sec-websocket-version") == ["13"]:
        return None
    offer = (("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13"))
    return refuse(426, "only version 13 of the WebSocket protocol is spoken here", *offer)


def _has_key(request: Request, _: Policy) -> Response | None:
    """Check for a key of 16 bytes in base64 (RFC 6455 section 4.2.1, item 5)."""
    try:
        [key] = request.values("sec-websocket-key")
        if len(base64.b64decode(key, validate=True)) == 16:
            return None
    except (ValueError, binascii.Error):
        pass
    return refuse(400, "Sec-WebSocket-Key is not 16 bytes in base64")


def _comes_from_allowed_page(request: Request, policy: Policy) -> Response | None:
    """Refuse the pages of other sites (RFC 6455 section 10.2).

    Any page that somebody visits may connect to localhost; the same-origin policy does not
    hold for WebSockets, only this does. Programs other than browsers send no Origin. The
    comparison is exact: `localhost.evil.example` begins with `localhost` as well.
    """
    origins = request.values("origin")
    hosts = request.values("host")
    own = {f"{scheme}://{host}".lower() for scheme in ("http", "https") for host in hosts}
    # Inside looks only who is at home here: what a foreign page may say, it may; no more.
    allowed = own if request.path == TRACE else own | policy.allowed_origins
    if not origins or {origin.lower() for origin in origins} <= allowed:
        return None
    return refuse(403, f"pages of origin {ascii(origins)[1:-1]} may not connect here")


RULES: tuple[Callable[[Request, Policy], Response | None], ...] = (
    _has_room,
    _is_called_by_our_name,
    _path_exists,
    _method_is_get,
    _wants_page,
    _can_upgrade,
    _speaks_version_13,
    _has_key,
    _comes_from_allowed_page,
)
