"""How hosts and origins are called.

Rule: a name is compared whole and exactly, never by a part of it: `localhost.evil.example` begins
with `localhost`, and `evil.example@localhost` ends with it.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
from collections.abc import Iterable

from msgproxy.errors import InvalidOption

HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:[0-9]*)?", re.ASCII | re.IGNORECASE)
"""A Host header. Not `urlsplit`, which finds a host in `evil.example@localhost` as well."""

ORIGIN = re.compile(r"null|[a-z][a-z0-9+.-]*://[^/?#@\s]+")
"""An origin as browsers send it (RFC 6454 section 6.2), in lower case."""


def is_loopback_name(host_header: str) -> bool:
    """Return whether a Host header names this machine, by a name that nobody else can own."""
    with contextlib.suppress(ValueError):
        # Without brackets and port, which is wrong, but what some clients send for IPv6.
        return ipaddress.ip_address(host_header).is_loopback
    if match := HOST.fullmatch(host_header):
        host = match[1].strip("[]").lower()
        with contextlib.suppress(ValueError):
            # Names under .localhost are loopback by definition (RFC 6761 section 6.3).
            return f".{host}".endswith(".localhost") or ipaddress.ip_address(host).is_loopback
    return False


def parse_origin(text: str) -> str:
    """Return an origin as it is compared; raise `InvalidOption` if no browser would send it."""
    if ORIGIN.fullmatch(text.lower()):
        return without_default_port(text.lower())
    raise InvalidOption(f"{text!r} is not an origin such as https://example.com, without path")


def without_default_port(origin: str) -> str:
    """Return an origin as browsers send it: without `:443` or `:80` (RFC 6454 section 6.2)."""
    for scheme, port in (("https", ":443"), ("http", ":80")):
        if origin.startswith(f"{scheme}://"):
            return origin.removesuffix(port)
    return origin


def parse_origins(given: Iterable[str]) -> frozenset[str]:
    """Return several. A string alone is one origin that lost its list, not many of one letter."""
    if isinstance(given, str):
        raise InvalidOption(f"origins come as a list, such as [{given!r}]")
    return frozenset(map(parse_origin, given))
