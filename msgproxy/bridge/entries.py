"""What is on the stream, and how far each of the two threads is in it.

Rule: a cursor belongs to the reader thread, a writer of entries to the writer thread. They share
nothing, and neither of them talks to Redis.

An entry is what was waiting to be published, one message or more. `redis-cli XRANGE NAME - +`
shows it::

    from    5f0c21d09a3b       the instance that added it
    n       17                 its first message is the 17th of this instance
    since   1795543210123-0    the id of the first entry of this instance; "-" in that entry itself
    text    hello              a message
    binary  ...                the next one, the 18th

The numbers show what is missing, and what is there twice. `since` tells an instance that is new
from one that is not: a reader that was there before it has to receive its messages from the 1st on.
"""

from __future__ import annotations

import itertools
import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from msgproxy.bridge.backlog import Dropped
from msgproxy.events import ITEM_OVERHEAD, OutgoingBatch
from msgproxy.limits import KIB
from msgproxy.protocol.frames import ReceivedMessage

log = logging.getLogger(__name__)

BEGINNING = b"0-0"
"""The id before all others."""

MAX_ENTRY_SIZE = 256 * KIB
"""Bytes of an entry, with an allowance for each message. An entry of one message may be larger."""

MAX_ORIGINS = 10_000
"""Instances whose count is kept. Beyond that, the one that was silent for longest is dropped."""

NUMBER = re.compile(rb"[1-9][0-9]{0,17}")
ID = re.compile(rb"[0-9]{1,20}-[0-9]{1,20}")

Entries = list[tuple[bytes, Sequence[bytes]]]
"""Ids, each with the fields of its entry."""


class Entry(NamedTuple):
    """Messages that were added to the stream together."""

    origin: bytes
    number: int
    """That of the first message."""
    since: bytes
    """The id of the origin's first entry; empty in that entry itself."""
    messages: Sequence[tuple[bytes, bytes]]
    """The kind of each, `text` or `binary`, and its bytes."""

    @classmethod
    def parse(cls, fields: Sequence[bytes]) -> Entry | None:
        """Read the fields of an entry. Return None if they are not of this form."""
        match fields:
            case [b"from", origin, b"n", number, b"since", since, _, _, *_]:
                messages = tuple(zip(fields[6::2], fields[7::2], strict=True))
                kinds = {kind for kind, _ in messages}
                is_valid = NUMBER.fullmatch(number) and (since == b"-" or ID.fullmatch(since))
                if is_valid and kinds <= {b"text", b"binary"}:
                    return cls(origin, int(number), b"" if since == b"-" else since, messages)
        return None

    @property
    def fields(self) -> list[bytes | str | int]:
        """Return what is on the stream."""
        messages = itertools.chain(*self.messages)
        return ["from", self.origin, "n", self.number, "since", self.since or "-", *messages]

    @property
    def size(self) -> int:
        """Bytes of the messages."""
        return sum(len(payload) for _, payload in self.messages)


class StreamCursor:
    """How far the reader is: on the stream, and with the messages of each other instance."""

    def __init__(self, own: bytes) -> None:
        self.id = b""
        """The last entry that was read. Empty until the stream has been looked at once."""
        self._own = own
        self._begin = BEGINNING
        """Where this instance began to read: it has no history."""
        self._known_since = BEGINNING
        """Instances whose first entry comes after this id are known, or are new."""
        self._counts: dict[bytes, int] = {}
        """For each instance, the number of its last message."""

    def locate(self, last_id: bytes, now: int) -> None:
        """Find the place to continue from. `last_id` is the newest id that the stream has given.

        At first that is its end. Later it is the last entry read, even if the server has lost
        that: ids are times, so what follows has a larger one. Only if the server's clock (`now`,
        in milliseconds) is not past that id, which happens when it was set back, new entries may
        have smaller ids. Then it begins again, and the numbers show what has been received.
        """
        if not self.id:
            self.id = self._begin = last_id
            # The stream may have been emptied, and then ends before instances that spoke long ago.
            self._known_since = max(last_id, b"%d-0" % now, key=_order)
        elif _order(last_id) < _order(self.id) and now <= _order(self.id)[0]:
            log.warning("the stream has begun anew: the server has lost what was on it")
            is_older = _order(last_id) < _order(self._begin)
            self.id = BEGINNING if is_older else self._begin

    def news(self, entries: Entries, max_message_size: int) -> Iterator[ReceivedMessage]:
        """Yield the messages of other instances that have not been received before, in order."""
        missing = strange = 0
        for entry_id, fields in entries:
            self.id = entry_id
            entry = Entry.parse(fields)
            if entry is None:
                strange += 1
            elif entry.origin != self._own and (gap := self._gap_before(entry)) >= 0:
                missing += gap
                found = [_read(kind, payload, max_message_size) for kind, payload in entry.messages]
                strange += found.count(None)
                yield from filter(None, found)
        if missing:
            log.warning("%d messages of other instances are lost: away for too long", missing)
        if strange:
            log.warning("left out %d that are no messages, or too large", strange)

    def _gap_before(self, entry: Entry) -> int:
        """Return how many messages are missing before an entry; below 0 if it was read before."""
        is_new = _order(entry.since or self.id) > _order(self._known_since)
        last = self._counts.pop(entry.origin, 0 if is_new else entry.number - 1)
        self._counts[entry.origin] = max(last, entry.number + len(entry.messages) - 1)
        if len(self._counts) > MAX_ORIGINS:
            del self._counts[next(iter(self._counts))]  # the last to speak are the last in it
            self._known_since = self.id
        return entry.number - last - 1


class EntryWriter:
    """Makes numbered entries of what this instance has to publish."""

    def __init__(self, origin: bytes, skip_client: int) -> None:
        self._origin = origin
        self._skip_client = skip_client
        self._count = 0
        self._since = b""

    def entries(self, batch: Iterable[OutgoingBatch | Dropped]) -> Iterator[Entry]:
        """Make entries of what was taken from the queue: as few as make sense."""
        messages: list[tuple[bytes, bytes]] = []
        size = first = 0
        for number, message in self._numbered(batch):
            message_size = len(message[1]) + ITEM_OVERHEAD
            if messages and size + message_size > MAX_ENTRY_SIZE:
                yield Entry(self._origin, first, self._since, messages)
                messages, size = [], 0
            first = number - len(messages)
            messages.append(message)
            size += message_size
        if messages:
            yield Entry(self._origin, first, self._since, messages)

    def note_added(self, entry_id: bytes) -> None:
        """Note the id that Redis gave to an entry, before the next one is made."""
        self._since = self._since or entry_id

    def _numbered(
        self, batch: Iterable[OutgoingBatch | Dropped]
    ) -> Iterator[tuple[int, tuple[bytes, bytes]]]:
        for item in batch:
            if isinstance(item, Dropped):  # always the first of a batch, so an entry has no gap
                # They have numbers too: so the other instances see that something is missing.
                self._count += item.messages
                log.warning("dropped %d messages: too many waited for Redis", item.messages)
                continue
            # The last item has a Close frame, for clients, and no message.
            for frame, message in zip(item.frames, item.messages, strict=False):
                # With --echo, the broker returns what came from the stream. It must not go round.
                if message.client != self._skip_client:
                    self._count += 1
                    yield self._count, _open(frame)


def _open(frame: bytes) -> tuple[bytes, bytes]:
    """Return the kind and the bytes of a message: what follows the head of its frame.

    The head has 2, 4 or 10 bytes, as a server's frames have no mask (RFC 6455 section 5.2).
    """
    head = {126: 4, 127: 10}.get(frame[1], 2)
    return b"text" if frame[0] & 0x0F == 1 else b"binary", frame[head:]


def _read(kind: bytes, payload: bytes, max_message_size: int) -> ReceivedMessage | None:
    """Return a message; None if it is not UTF-8, or larger than this server allows."""
    if len(payload) > max_message_size:
        return None
    try:
        return ReceivedMessage(payload.decode() if kind == b"text" else payload, len(payload))
    except UnicodeDecodeError:
        return None


def _order(entry_id: bytes) -> list[int]:
    """Return what ids are compared by: milliseconds, and a count within them."""
    return [int(part) for part in entry_id.split(b"-")]
