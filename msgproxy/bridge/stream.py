"""The connections to Redis, and what a thread does when there is none.

Rule: this is the only module that calls the package redis. A lot can go wrong there; whatever does
becomes a `RedisUnavailable` with one line that says why.

Redis gives each entry of a stream an id, a time and a number, and ids only grow. So a reader can
ask "what comes after this id?" again after any break. Redis' Pub/Sub has no such question: a
subscriber that is away for a moment has missed what was said.
"""

from __future__ import annotations

import contextlib
import logging
import random
import socket
from collections.abc import Iterator
from typing import Any

import redis

from msgproxy.bridge.address import Address
from msgproxy.bridge.entries import BEGINNING, ID, Entries, Entry
from msgproxy.concurrency.stop import StopSignal

log = logging.getLogger(__name__)

CONNECT_TIMEOUT = 2.0
"""Seconds to reach one address of the server. Nothing can interrupt this, nor the lookup of its
name, for which the system has a timeout of its own: a stop may leave a thread behind there."""

ANSWER_TIMEOUT = 5.0
"""Seconds for an answer. A server that needs longer counts as unavailable."""

BLOCK = 2.0
"""Seconds that the server waits for a new entry before it answers that there is none."""

MAX_ENTRIES = 16
"""Entries in one answer: times the size of an entry, this is the memory that it takes."""

GARBAGE = (ValueError, TypeError, AttributeError, LookupError)
"""What it raises, here or in the package, if an answer is of another form than that of a Redis."""

MIN_DELAY, MAX_DELAY = 0.05, 2.0
"""Seconds between two tries. The delay doubles each time, and a random part of it is left out: so a
server that comes back is not overrun by all instances at the same moment."""


class RedisUnavailable(Exception):
    """Redis has not done what it was asked to do. The text says why, in one line."""

    def __init__(self, why: str, *, is_refusal: bool = False) -> None:
        super().__init__(why)
        self.is_refusal = is_refusal
        """It did answer, with an error."""


class RedisConnection:
    """A connection to the Redis server. Its thread connects again when it is lost.

    Only `interrupt` may be called by another thread. All else raises RedisUnavailable.
    """

    def __init__(self, address: Address, stop: StopSignal) -> None:
        self._address = address
        self._stop = stop
        options: dict[str, Any] = {
            "host": address.host,
            "port": address.port,
            "db": address.database,
            "username": address.user,
            "password": address.password,
            "socket_connect_timeout": CONNECT_TIMEOUT,
            "socket_timeout": ANSWER_TIMEOUT,
            "protocol": 2,  # in which answers are lists, whatever the version of the package
        }
        if address.is_encrypted:
            # Both said here: before its version 6, the package did not compare the name.
            options |= {"ssl_cert_reqs": "required", "ssl_check_hostname": True}
        kind: Any = redis.SSLConnection if address.is_encrypted else redis.Connection
        self._connection = kind(**options)

    def connect(self) -> None:
        """Connect, unless there is a connection."""
        with self._one_exception():
            self._connection.connect()

    def last_id(self) -> bytes:
        """Return the newest id of the stream. Its entry may have been deleted since."""
        with self._one_exception():
            try:
                answer = self._ask("XINFO", "STREAM", self._address.stream)
            except redis.ResponseError as error:
                if "no such key" not in str(error):
                    raise
                return BEGINNING
            newest: bytes = answer[answer.index(b"last-generated-id") + 1]
            if not ID.fullmatch(newest):
                raise ValueError("the stream's last id is no id")
            return newest

    def now(self) -> int:
        """Return the time of the server's clock, in milliseconds, as ids have it."""
        with self._one_exception():
            seconds, microseconds = self._ask("TIME")
            return int(seconds) * 1000 + int(microseconds) // 1000

    def read(self, after: bytes, block: float) -> Entries | None:
        """Return what comes after an id. If that is nothing, wait `block` seconds for it.

        Return None if the server stops. Only `close` may follow then.
        """
        waiting = ("BLOCK", int(block * 1000)) if block else ()
        command = ("XREAD", "COUNT", MAX_ENTRIES, *waiting, "STREAMS", self._address.stream, after)
        with self._one_exception():
            self._connection.send_command(*command)
            has_answer = self._stop.wait(self._connection._sock, block + ANSWER_TIMEOUT)
            if self._stop.is_set:
                return None
            if not has_answer:
                raise redis.TimeoutError("no answer")
            answer = self._connection.read_response()
            return _entries(answer) if answer else []

    def add(self, entry: Entry) -> bytes:
        """Add an entry and return its id. If this raises, the entry may have been added or not."""
        command = ("XADD", self._address.stream, "MAXLEN", "~", self._address.length, "*")
        with self._one_exception():
            entry_id: bytes = self._ask(*command, *entry.fields)
        return entry_id

    def close(self) -> None:
        """Close the socket."""
        self._connection.disconnect()

    def interrupt(self) -> None:
        """Wake the thread: its call raises RedisUnavailable. Any thread may call this."""
        if sock := self._connection._sock:
            with contextlib.suppress(OSError):
                # Not `sock.shutdown`: over TLS, that ends the decryption as well, and the thread
                # would take encrypted bytes for an answer.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def _ask(self, *command: Any) -> Any:
        self._connection.send_command(*command)
        return self._connection.read_response()

    @contextlib.contextmanager
    def _one_exception(self) -> Iterator[None]:
        """Turn the many exceptions into one, and close the connection: an answer may be on its way,
        and would be taken for that to the next command."""
        try:
            yield
        except (redis.RedisError, OSError, *GARBAGE) as error:
            self._connection.disconnect()
            why = str(error)
            if self._address.password:  # a server may quote what it does not understand
                why = why.replace(self._address.password, "***")
            refusals = (redis.ResponseError, redis.AuthenticationError)
            is_refusal = isinstance(error, refusals)
            raise RedisUnavailable(ascii(why)[1:-1], is_refusal=is_refusal) from None


def _entries(answer: Any) -> Entries:
    """Return what is on the one stream that was read. Raise one of GARBAGE if that is not so."""
    [[_, entries]] = answer
    if not all(ID.fullmatch(entry_id) for entry_id, _ in entries):
        raise ValueError("an entry's id is no id")
    found: Entries = entries
    return found


class Retry:
    """When to try again, for one direction of the bridge; and one log line for each change.

    All methods belong to one thread; any thread may read the two properties.
    """

    def __init__(self, what: str, where: str, stop: StopSignal) -> None:
        """`what` completes the sentence "can ...", and `where` says through which server."""
        self._what = what
        self._where = where
        self._stop = stop
        self._delay = MIN_DELAY
        self._state = ""

    @property
    def is_open(self) -> bool:
        """Whether the last try worked. One lost connection does not count."""
        return self._state == "open"

    @property
    def is_failing(self) -> bool:
        """Whether tries have failed. At first, neither this nor `is_open` is true."""
        return self._state in ("unavailable", "refused")

    def succeed(self) -> None:
        """Note that it works."""
        self._delay = 0.0
        self._enter("open", logging.INFO, f"can {self._what}, through {self._where}")

    def wait(self, error: RedisUnavailable) -> bool:
        """Note that it failed, and wait for the time of the next try. Return False in a stop."""
        if not self._delay and not error.is_refusal:
            # Perhaps only this connection: the server closes those that are idle. Try a new one.
            self._delay = MIN_DELAY
            return True
        if self._stop.is_set:
            return False
        state = "refused" if error.is_refusal else "unavailable"
        self._enter(state, logging.WARNING, f"cannot {self._what}: {error}; trying again")
        self._delay = min(2 * self._delay or MIN_DELAY, MAX_DELAY)
        self._stop.sleep(self._delay * random.uniform(0.5, 1))
        return not self._stop.is_set

    def _enter(self, state: str, level: int, line: str) -> None:
        if state != self._state:
            self._state = state
            log.log(level, line)
