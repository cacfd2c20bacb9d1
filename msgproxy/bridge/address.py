"""The address of a bridge: how it is written, and what it says.

Rule: no text that is made here contains the password, be it an error, a log line or a `repr`.
"""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from msgproxy.errors import InvalidOption

FORM = "redis://[[USER]:PASSWORD@]HOST[:PORT][/DB]?stream=NAME[&length=N]"
"""With `rediss` (two s), the same over TLS."""

PORT = 6379
LENGTH = 10_000
"""Entries that the stream keeps. Each is one message or more, so at least this many messages may
be sent while an instance is away from Redis, and none is lost."""


@dataclass(frozen=True, slots=True)
class Address:
    """A Redis server, a stream there, and how many entries it keeps."""

    host: str
    port: int
    database: int
    stream: str
    length: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    is_encrypted: bool = False

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"redis{'s' * self.is_encrypted}://{host}:{self.port}/{self.database}"


def parse(url: str) -> Address:
    """Parse an address. Raise `InvalidOption` if it is wrong, or the package redis is missing."""
    try:
        parts = urlsplit(url)
        port = PORT if parts.port is None else parts.port
        (parts.hostname or "").encode("idna")  # as it is looked up: no part is empty, or too long
        options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True))
    except ValueError:
        raise InvalidOption(f"a bridge is written {FORM}") from None
    database, length = parts.path.removeprefix("/") or "0", options.pop("length", str(LENGTH))
    stream = options.pop("stream", "")
    if parts.scheme not in ("redis", "rediss") or not parts.hostname or not _is_number(database):
        raise InvalidOption(f"a bridge is written {FORM}")
    if not stream or options or not _is_number(length) or int(length) == 0:
        raise InvalidOption(f"after the ? of a bridge comes {FORM.partition('?')[2]}")
    if importlib.util.find_spec("redis") is None:
        raise InvalidOption("a bridge needs the package redis: pip install 'msgproxy[redis]'")
    user, password = (unquote(part) if part else None for part in (parts.username, parts.password))
    is_encrypted = parts.scheme == "rediss"
    return Address(
        parts.hostname, port, int(database), stream, int(length), user, password, is_encrypted
    )


def _is_number(text: str) -> bool:
    return re.fullmatch("[0-9]{1,9}", text) is not None
