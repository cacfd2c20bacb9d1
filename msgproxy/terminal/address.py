"""The address of a server, as a user writes it, and the way there.

Rule: every client goes through here, so that all find the same servers.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from urllib.parse import quote, urlsplit

from msgproxy.errors import CannotConnect
from msgproxy.terminal.screen import escape

DEFAULT_PORTS = {"ws": 80, "wss": 443}

HAS_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)

LOOPBACK = ("127.0.0.1", "::1")
"""What `localhost` means, whatever the system says (RFC 6761 section 6.3)."""


def websocket_url(url: str) -> str:
    """Return the ws:// or wss:// address that `url` means; raise CannotConnect if it means none."""
    try:
        parts = urlsplit(url if HAS_SCHEME.match(url) else f"ws://{url}")
        scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
        default = DEFAULT_PORTS[scheme]
        host, port = parts.hostname, default if parts.port is None else parts.port
        target = quote(f"{parts.path or '/'}?{parts.query}".rstrip("?"), safe="/?=&;:@!$'()*+,~%")
    except (ValueError, KeyError):  # also if it has bytes that are not UTF-8
        host = None
    if not host or not port:
        raise CannotConnect(f"not an address such as ws://localhost:8765/: {escape(url)}")
    if ":" in host:
        host = f"[{host}]"
    return f"{scheme}://{host}:{port}{target}"


def connect(
    host: str,
    port: int,
    timeout: float,
    prepare: Callable[[socket.socket], object] = lambda _: None,
) -> socket.socket:
    """Return a connected socket: to the first address of the host at which a server listens.

    Each address is tried for `timeout` seconds. `prepare` may set options of the socket before
    it is connected. Raise OSError, with the reason of the first address.
    """
    failure: OSError | None = None
    for name in LOOPBACK if host == "localhost" else (host,):
        try:
            found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
        except UnicodeError:  # a part of the name is empty, or longer than 63 characters
            raise OSError("no such host") from None
        for family, kind, protocol, _, address in found:
            try:
                return _connect(socket.socket(family, kind, protocol), address, timeout, prepare)
            except OSError as error:  # also if the system has no IPv6
                failure = failure or error
    raise failure or OSError("it has no address")


def _connect(
    sock: socket.socket, address: object, timeout: float, prepare: Callable[[socket.socket], object]
) -> socket.socket:
    try:
        sock.settimeout(timeout)
        prepare(sock)
        sock.connect(address)  # type: ignore[arg-type]  # as getaddrinfo has it
    except BaseException:
        sock.close()
        raise
    return sock
