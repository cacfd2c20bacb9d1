"""A Redis stream: a list at a Redis server, to whose end every instance adds what it has to say.

Rule: this is the only module that calls the package redis. Whatever goes wrong there, and there
is a lot, becomes an `Away` with one line that says why.

An entry is what was waiting to be told, one message or more; `redis-cli XRANGE NAME - +` shows it::

    from   5f0c21d09a3b   the instance that added it
    n      17             the first message in it is the 17th of this instance
    text   hello          a message
    binary ...            the next, the 18th

Redis gives an entry its id, which is a time and a number, and ids only grow. So "what stands
behind this id?" can be asked again, after whatever break. That is what Redis' Pub/Sub cannot be
asked: who was away there for a moment has missed what was said.
"""

from __future__ import annotations

import contextlib
import itertools
import socket
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import redis

from msgproxy.bridge.address import Address
from msgproxy.concurrency.stop import StopSignal, Wake

CONNECT_TIMEOUT = 2.0
"""Seconds to reach the server. It is the only wait here that nobody can interrupt."""

ANSWER_TIMEOUT = 5.0
"""Seconds for an answer. A server that needs longer counts as away."""

BLOCK = 2.0
"""Seconds that the server waits for a new entry, before it answers that there is none."""

READ_AT_ONCE = 16
"""Entries in one answer at the most: times the size of an entry, the memory that it takes."""

BEGINNING = b"0-0"
"""The id before all others."""

Entries = list[tuple[bytes, Sequence[bytes]]]
"""Ids, each with what stands there."""


class Away(Exception):
    """Redis has not done what it was asked to. The text says why, in one line."""

    def __init__(self, why: str, *, is_refusal: bool = False) -> None:
        super().__init__(why)
        self.is_refusal = is_refusal
        """It did answer, and said no."""


class Entry(NamedTuple):
    """Messages that were added to the stream together."""

    origin: bytes
    number: int
    """That of the first message."""
    messages: Sequence[tuple[bytes, bytes]]
    """The kind of each, `text` or `binary`, and its bytes."""

    @classmethod
    def of(cls, fields: Sequence[bytes]) -> Entry | None:
        """Read an entry; return None if it is none of ours."""
        match fields:
            case [b"from", origin, b"n", number, _, _, *_]:
                messages = tuple(zip(fields[4::2], fields[5::2], strict=True))
                kinds = {kind for kind, _ in messages}
                if number.isdigit() and len(number) < 19 and kinds <= {b"text", b"binary"}:
                    return cls(origin, int(number), messages)
        return None

    @property
    def fields(self) -> list[bytes | str | int]:
        """What stands on the stream."""
        return ["from", self.origin, "n", self.number, *itertools.chain(*self.messages)]

    @property
    def size(self) -> int:
        """Bytes of the messages."""
        return sum(len(payload) for _, payload in self.messages)


class Line:
    """A connection to the Redis server. Its thread connects again when it is lost.

    All methods but `interrupt` are that thread's. They raise Away.
    """

    def __init__(self, address: Address, stop: StopSignal) -> None:
        self._address = address
        self._stop = stop
        kind: Any = redis.SSLConnection if address.is_encrypted else redis.Connection
        self._connection = kind(
            host=address.host,
            port=address.port,
            db=address.database,
            username=address.user,
            password=address.password,
            socket_connect_timeout=CONNECT_TIMEOUT,
            socket_timeout=ANSWER_TIMEOUT,
            protocol=2,  # in which answers are lists, whatever the version of the package
        )

    def connect(self) -> None:
        """Connect, unless there is a connection."""
        with self._as_away():
            self._connection.connect()

    def last_id(self) -> bytes:
        """Return the id of the last entry that the stream has."""
        with self._as_away():
            self._connection.send_command("XREVRANGE", self._address.stream, "+", "-", "COUNT", 1)
            last = self._connection.read_response()
        return last[0][0] if last else BEGINNING

    def read(self, after: bytes, block: float) -> Entries | None:
        """Return what stands behind an id. If that is nothing, wait `block` seconds for it.

        Return None if the server stops. Nothing but `close` may follow then.
        """
        waiting = ("BLOCK", int(block * 1000)) if block else ()
        command = ("XREAD", "COUNT", READ_AT_ONCE, *waiting, "STREAMS", self._address.stream, after)
        with self._as_away():
            self._connection.send_command(*command)
            match self._stop.wait(self._connection._sock, block + ANSWER_TIMEOUT):
                case Wake.STOP:
                    return None
                case Wake.TIMEOUT:
                    raise redis.TimeoutError("no answer")
            answer = self._connection.read_response()
        return answer[0][1] if answer else []

    def add(self, entry: Entry) -> None:
        """Add an entry. After an Away nobody can tell whether it was added."""
        command = ("XADD", self._address.stream, "MAXLEN", "~", self._address.length, "*")
        with self._as_away():
            self._connection.send_command(*command, *entry.fields)
            self._connection.read_response()

    def close(self) -> None:
        """Give the socket back."""
        self._connection.disconnect()

    def interrupt(self) -> None:
        """Wake the thread, which gets an Away. Any thread may call this."""
        if sock := self._connection._sock:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    @contextlib.contextmanager
    def _as_away(self) -> Iterator[None]:
        """Make one exception of the many. The connection is closed: an answer may be on its way,
        and would be taken for that to the next question."""
        try:
            yield
        except (redis.RedisError, OSError) as error:
            self._connection.disconnect()
            why = str(error)
            if self._address.password:  # a server may quote what it does not understand
                why = why.replace(self._address.password, "***")
            refusals = (redis.ResponseError, redis.AuthenticationError)
            raise Away(ascii(why)[1:-1], is_refusal=isinstance(error, refusals)) from None
