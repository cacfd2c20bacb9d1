"""What the two threads of a bridge remember: whether Redis is there, and who has said how much.

Rule: each object here belongs to one of the two threads. They share nothing.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Iterable, Iterator

from msgproxy.bridge.backlog import Dropped
from msgproxy.bridge.stream import BEGINNING, Away, Entries, Entry
from msgproxy.concurrency.stop import StopSignal, Wake
from msgproxy.events import BOOKKEEPING, Outgoing
from msgproxy.limits import KIB
from msgproxy.protocol.frames import Said

log = logging.getLogger(__name__)

SHORTEST, LONGEST = 0.05, 2.0
"""Seconds between two tries. Twice as long each time, so that a server that comes back, and that
everyone waits for, is not overrun; and not for all instances at the same moment."""

AT_ONCE = 256 * KIB
"""Bytes of an entry at the most, with the bookkeeping; if it is one message, it may be more."""

KNOWN = 10_000
"""Instances of which is known how much they have said; beyond that, the most silent go."""


class Tie:
    """Whether one way of the bridge is open. One line in the log for each change."""

    def __init__(self, verb: str, where: str, stop: StopSignal) -> None:
        self._verb = verb
        self._where = where
        self._stop = stop
        self._pause = SHORTEST
        self._state = ""

    @property
    def is_lost(self) -> bool:
        """Whether it has been open and is not, or could not be opened. Any thread may look."""
        return self._state in ("away", "refused")

    def holds(self) -> None:
        """Note that it works."""
        self._pause = 0.0
        line = f"can {self._verb} the other instances, through {self._where}"
        self._enter("open", logging.INFO, line)

    def wait(self, away: Away) -> Wake:
        """Note that it does not work, and wait until it is time to try again, or for the stop."""
        if not self._pause and not away.is_refusal:
            # It may be just this connection, which the server was tired of. A new one tells.
            self._pause = SHORTEST
            return Wake.TIMEOUT
        if self._stop.sleep(0) is Wake.STOP:
            return Wake.STOP
        state = "refused" if away.is_refusal else "away"
        line = f"cannot {self._verb} the other instances: {away}; trying again"
        self._enter(state, logging.WARNING, line)
        self._pause = min(2 * self._pause or SHORTEST, LONGEST)
        return self._stop.sleep(self._pause * random.uniform(0.5, 1))

    def _enter(self, state: str, level: int, line: str) -> None:
        if state != self._state:
            self._state = state
            log.log(level, line)


class Place:
    """How far the reader is: on the stream, and with each of the other instances."""

    def __init__(self, own: bytes) -> None:
        self.id = b""
        """The last entry that was taken up. Before the first look, none."""
        self._own = own
        self._heard: dict[bytes, int] = {}

    def find(self, last_id: bytes) -> None:
        """Take up the place, when the last entry of the stream is known.

        At first that is its end: an instance that starts has no history. Later it is the place
        that it had; unless the stream ends before that, since the server has lost it.
        """
        if not self.id:
            self.id = last_id
        elif _as_numbers(last_id) < _as_numbers(self.id):
            log.warning("the stream has begun anew: the server has lost what was on it")
            self.id = BEGINNING

    def news(self, entries: Entries, max_message_size: int) -> Iterator[Said]:
        """Yield what other instances have said and was not taken up before, in order."""
        missing = strange = 0
        for place, fields in entries:
            self.id = place
            entry = Entry.of(fields)
            if entry is None:
                strange += 1
            elif entry.origin != self._own and (ahead := self._count(entry)) >= 0:
                missing += ahead
                found = [_read(kind, payload, max_message_size) for kind, payload in entry.messages]
                strange += found.count(None)
                yield from filter(None, found)
        if missing:
            log.warning("%d messages of other instances are lost: away for too long", missing)
        if strange:
            log.warning("left out %d that are no messages, or too large", strange)

    def _count(self, entry: Entry) -> int:
        """Return how many messages are missing before an entry; below 0 if it was taken before."""
        last = self._heard.pop(entry.origin, entry.number - 1)
        self._heard[entry.origin] = max(last, entry.number + len(entry.messages) - 1)
        if len(self._heard) > KNOWN:
            del self._heard[next(iter(self._heard))]  # the others have moved behind it
        return entry.number - last - 1


class Voice:
    """What this instance says on the stream, with numbers. The writer's."""

    def __init__(self, origin: bytes, deaf_to: int) -> None:
        self._origin = origin
        self._deaf_to = deaf_to
        self._said = 0

    def entries(self, batch: Iterable[Outgoing | Dropped]) -> Iterator[Entry]:
        """Make entries of what was taken from the queue: as few as make sense."""
        messages: list[tuple[bytes, bytes]] = []
        size = first = 0
        for number, message in self._numbered(batch):
            message_size = len(message[1]) + BOOKKEEPING
            if messages and size + message_size > AT_ONCE:
                yield Entry(self._origin, first, messages)
                messages, size = [], 0
            first = number - len(messages)
            messages.append(message)
            size += message_size
        if messages:
            yield Entry(self._origin, first, messages)

    def _numbered(
        self, batch: Iterable[Outgoing | Dropped]
    ) -> Iterator[tuple[int, tuple[bytes, bytes]]]:
        for item in batch:
            if isinstance(item, Dropped):  # it comes first, so an entry has no gap
                # They have numbers as well, so that the others see that something is missing.
                self._said += item.messages
                log.warning("dropped %d messages: too many waited for Redis", item.messages)
                continue
            for frame, message in zip(item.frames, item.messages, strict=True):
                # With --echo, the broker gives back what came from there. It must not go round.
                if message.client != self._deaf_to:
                    self._said += 1
                    yield self._said, _open(frame)


def _open(frame: bytes) -> tuple[bytes, bytes]:
    """Return the kind and the bytes of a message: what stands behind the head of its frame.

    That has 2, 4 or 10 bytes, as a server's frames have no mask (RFC 6455 section 5.2).
    """
    head = {126: 4, 127: 10}.get(frame[1], 2)
    return b"text" if frame[0] & 0x0F == 1 else b"binary", frame[head:]


def _read(kind: bytes, payload: bytes, max_message_size: int) -> Said | None:
    """Return a message as it was said; None if it is none, or larger than this server takes."""
    if len(payload) > max_message_size:
        return None
    try:
        return Said(payload.decode() if kind == b"text" else payload, len(payload))
    except UnicodeDecodeError:
        return None


def _as_numbers(place: bytes) -> list[int]:
    return [int(part) for part in place.split(b"-")]
