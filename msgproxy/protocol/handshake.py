"""Which request gets which response: the rules of the handshake.

Rule: nothing here touches a socket. A `Request` goes in and a `Response` comes out, so all of it
can be read, and tested, as a table.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, replace

from msgproxy.protocol.hosts import is_loopback_name, without_default_port
from msgproxy.protocol.http import UPGRADE, Request, Response, refuse

TRACE = "/trace"
"""Where viewers connect, to watch what goes on inside."""

EMPTY_PAGE = Response(200)


@dataclass(frozen=True, slots=True)
class Policy:
    """Which clients a server accepts."""

    loopback_only: bool
    """The server is bound to a loopback address, so nobody may call it by another name."""

    allowed_origins: frozenset[str] = frozenset()
    """Origins whose pages may connect, in addition to the server's own."""

    allows_viewers: bool = False
    """Viewers are accepted, at `TRACE`."""

    full: bool = False
    """There is no room for another client."""

    page: Response = EMPTY_PAGE
    """The demo page."""


def check_request(request: Request, policy: Policy) -> Response | None:
    """Return the response of the first rule that has one. Return None to accept the client."""
    for rule in RULES:
        if response := rule(request, policy):
            return replace(response, has_body=request.method != "HEAD")
    return None


def _check_room(request: Request, policy: Policy) -> Response | None:
    """Refuse a client that would stay. The page says itself that the server is full."""
    is_for_page = request.path == "/" and "websocket" not in request.tokens("upgrade")
    if policy.full and not is_for_page:
        return refuse(503, "too many clients, try again later", ("Retry-After", "5"))
    return None


def _check_host(request: Request, policy: Policy) -> Response | None:
    """Refuse a request that a foreign name led here (DNS rebinding).

    A page on evil.example can make its own name point to 127.0.0.1 a minute later. For the
    browser both are then one origin; only the name that it asked for gives it away.
    """
    names = request.values("host")
    if policy.loopback_only and not (len(names) == 1 and is_loopback_name(names[0])):
        return refuse(421, "this server listens on loopback only; call it localhost")
    return None


def _check_path(request: Request, policy: Policy) -> Response | None:
    paths = {"/", TRACE} if policy.allows_viewers else {"/"}
    return None if request.path in paths else refuse(404, "there is nothing here but /")


def _check_method(request: Request, _: Policy) -> Response | None:
    if request.method in ("GET", "HEAD"):  # every server has both (RFC 9110 section 9.1)
        return None
    return refuse(405, "only GET and HEAD are answered here", ("Allow", "GET, HEAD"))


def _serve_page(request: Request, policy: Policy) -> Response | None:
    if request.method == "GET" and "websocket" in request.tokens("upgrade"):
        return None
    if request.path == TRACE:
        return refuse(426, f"{TRACE} is a WebSocket", *UPGRADE)
    return policy.page


def _check_upgrade(request: Request, _: Policy) -> Response | None:
    """Check what RFC 6455 section 4.2.1 asks of the request (and RFC 9110 section 7.8)."""
    if request.http_version != "1.1":
        return refuse(400, "a WebSocket starts with HTTP/1.1")
    if "upgrade" not in request.tokens("connection"):
        return refuse(400, "the Connection header does not say Upgrade")
    if request.values("transfer-encoding") or request.tokens("content-length") - {"", "0"}:
        return refuse(400, "a WebSocket request has no body")
    return None


def _check_version(request: Request, _: Policy) -> Response | None:
    if request.values("sec-websocket-version") == ["13"]:
        return None
    offer = (*UPGRADE, ("Sec-WebSocket-Version", "13"))
    return refuse(426, "only version 13 of the WebSocket protocol is spoken here", *offer)


def _check_key(request: Request, _: Policy) -> Response | None:
    """Check for a key of 16 bytes in base64 (RFC 6455 section 4.2.1, item 5)."""
    try:
        [key] = request.values("sec-websocket-key")
        if len(base64.b64decode(key, validate=True)) == 16:
            return None
    except (ValueError, binascii.Error):
        pass
    return refuse(400, "Sec-WebSocket-Key is not 16 bytes in base64")


def _check_origin(request: Request, policy: Policy) -> Response | None:
    """Refuse the pages of other sites (RFC 6455 section 10.2).

    Any page that somebody visits may connect to localhost: the same-origin policy does not apply
    to WebSockets, only this check does. Programs other than browsers send no Origin. The
    comparison is exact: `localhost.evil.example` begins with `localhost` as well.
    """
    origins = request.values("origin")
    hosts = request.values("host")
    own = {
        without_default_port(f"{scheme}://{host}".lower())
        for scheme in ("http", "https")
        for host in hosts
    }
    # Only the server's own page may watch. A foreign page that is allowed may only talk.
    allowed = own if request.path == TRACE else own | policy.allowed_origins
    if not origins or {origin.lower() for origin in origins} <= allowed:
        return None
    return refuse(403, f"pages of origin {ascii(origins)[1:-1]} may not connect here")


RULES: tuple[Callable[[Request, Policy], Response | None], ...] = (
    _check_room,
    _check_host,
    _check_path,
    _check_method,
    _serve_page,
    _check_upgrade,
    _check_version,
    _check_key,
    _check_origin,
)
