"""The address of a server.

Rule: whatever the operating system says against an address becomes one clear line here.
"""

from __future__ import annotations

import errno
import ipaddress
import socket

from msgproxy.errors import CannotListen

BACKLOG = 1024
"""Connections that the system keeps until they are accepted; a crowd that comes at once."""


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket. Raise `CannotListen` with a line that says why it cannot be.

    `host` "::" means all addresses, IPv4 too where the system can do both.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.getaddrinfo(host or None, port, family)  # says more clearly that there is none
        # On Windows this does not set SO_REUSEADDR, which there lets two servers share a port.
        listener = socket.create_server(
            (host, port),
            family=family,
            backlog=BACKLOG,
            dualstack_ipv6=host == "::" and socket.has_dualstack_ipv6(),
        )
    except (OSError, OverflowError, ValueError) as error:
        raise CannotListen(_why_not(host, port, error)) from None
    # A client that has gone again before it is accepted must not leave anyone in accept().
    listener.setblocking(False)
    return listener


def url(host: str, port: int) -> str:
    """Return where a browser finds what listens there."""
    # On all addresses, so on loopback too.
    host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def is_loopback(listener: socket.socket) -> bool:
    """Return whether only this machine can reach the socket."""
    return ipaddress.ip_address(listener.getsockname()[0]).is_loopback


def _why_not(host: str, port: int, error: Exception) -> str:
    where = f"port {port} on {host or 'all addresses'}"
    if isinstance(error, socket.gaierror):
        return f"there is no host {host!r}: {error.strerror}"
    if isinstance(error, UnicodeError):
        return f"there is no host {host!r}: a part of it is empty, or longer than 63 characters"
    match getattr(error, "errno", None):
        case errno.EADDRINUSE:
            return f"{where} is in use; choose another port, or 0 for any free one"
        case errno.EACCES:
            return f"{where} is not ours to take: ports below 1024 need a privilege"
        case errno.EADDRNOTAVAIL:
            return f"{host} is not an address of this machine"
    return f"cannot listen at {where}: {error}"
