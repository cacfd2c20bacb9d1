"""The stream first: the other order that instances can have, as an experiment, to be measured.

    python tests/benchmarks/servers/stream_first.py --bridge 'redis://127.0.0.1:6379/0?stream=talk'

It takes the options of `msgproxy serve`, and differs from it in two queues and in what a bridge
does with them. No thread and no lock is added, and reader, broker and writer stay the same::

    reader-n ─► outbound-0 ─► writer-0 ─► Redis stream ─► reader-0 ─► inbound ─► broker

Rule: the broker gets messages from one thread only, the one that reads the stream. So the order of
the stream is the order of all clients of all instances; and without Redis nothing arrives.

It is not part of msgproxy, and it lacks some care: during a stop, a message on its way to the
stream and back reaches other instances only, and so do messages of a client that was cut off. Do
not mix it with instances of msgproxy on one stream: theirs is another order.
"""

from __future__ import annotations

import queue
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from msgproxy import InboundQueue, Queues, Server
from msgproxy.bridge.bridge import Bridge
from msgproxy.bridge.entries import Entries, Entry, EntryWriter, StreamCursor
from msgproxy.bridge.stream import RedisUnavailable
from msgproxy.cli import serve
from msgproxy.cli.main import main as run_command
from msgproxy.errors import InvalidOption
from msgproxy.events import ITEM_OVERHEAD, Joined, Left, MessageId, Received
from msgproxy.limits import Limits
from msgproxy.shared import Shared
from msgproxy.tracing.viewers import LiveRecording


class Posted(Received):
    """A message of a client, on the queue to the stream."""

    __slots__ = ()
    is_last = False


class Outbox(InboundQueue):
    """What clients have said, on its way to the stream.

    Bounded: a reader that finds it full waits until Redis has taken more.
    """

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Put what a client has said. Drop what the broker forwards: it comes from the stream."""
        if isinstance(item, Posted):
            super().put(item, block, timeout)
        elif item.is_last:
            self.maxsize = 0  # all readers have ended; a bound would only keep out the end mark
            super().put(item)


class DivertingQueue(InboundQueue):
    """An inbound queue that keeps `Joined` and `Left`, and hands messages to the bridge."""

    outbox: Outbox

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Send a message on its way. The readers of clients call this."""
        if isinstance(item, Received):
            item = Posted(item.session, item.message, item.size, item.id)
            self.outbox.put(item, block, timeout)
        else:
            super().put(item, block, timeout)

    def put_returned(self, received: Received) -> None:
        """Keep a message for the broker: it comes from the stream. The bridge's reader calls it."""
        super().put(received)

    def _init(self, maxsize: int) -> None:
        super()._init(maxsize)
        self._here: dict[int, Any] = {}

    def _put(self, item: Any) -> None:
        match item:
            case Joined(session):
                self._here[session.number] = session
            case Left(session):
                self._here.pop(session.number, None)
            case Received(session) if session.number not in self._here:
                # It has left meanwhile, so the broker would ignore it.
                item = replace(item, session=self._here[Bridge.number])
        super()._put(item)


class StreamFirst(Queues):
    """Makes the queues of one server."""

    def inbound(self, limits: Limits) -> DivertingQueue:
        """Make both queues, since one has to know the other."""
        made = DivertingQueue(limits.inbound_limit)
        self.outbox = made.outbox = Outbox(limits.inbound_limit)
        return made


class NamingWriter(EntryWriter):
    """Notes, for the reader, which client sent the n-th message of this instance."""

    def __init__(self, origin: bytes) -> None:
        super().__init__(origin, skip_client=Bridge.number)
        self.said: queue.SimpleQueue[tuple[int, Any, MessageId]] = queue.SimpleQueue()

    def _numbered(self, batch: Iterable[Any]) -> Iterator[tuple[int, tuple[bytes, bytes]]]:
        for item in batch:
            if isinstance(item, Posted):
                self._count += 1
                self.said.put((self._count, item.session, item.id))
                words = item.message
                if isinstance(words, str):
                    yield self._count, (b"text", words.encode())
                else:
                    yield self._count, (b"binary", words)


class StreamFirstBridge(Bridge):
    """Receives what this instance has added to the stream as well, for all but its sender."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._origin = self._entries._origin
        self._entries = NamingWriter(self._origin)
        self._said = self._entries.said
        self._cursor = StreamCursor(own=b"nobody")  # so no entry is skipped as its own

    def _publish(self, entry: Entry) -> None:
        # The reader would miss what is added before it has found the end of the stream.
        while not (self._cursor.id or self._has_given_up):
            if not self._publishing.wait(RedisUnavailable("nothing is received yet")):
                self._has_given_up = True
        super()._publish(entry)

    def _pass_on(self, entries: Entries) -> None:
        for place, fields in entries:
            is_own = fields[:2] == [b"from", self._origin]
            news = self._cursor.news([(place, fields)], self._shared.limits.max_message_size)
            for ahead, said in enumerate(news):
                if is_own:
                    session, name = self._who_said(int(fields[3]) + ahead)
                else:
                    session, name = self, self._count(said.size)
                size = said.size + ITEM_OVERHEAD
                self._shared.inbound.put_returned(Received(session, said.message, size, name))

    def _who_said(self, wanted: int) -> tuple[Any, MessageId]:
        """Return the session that sent the n-th message. Earlier ones that are left were lost."""
        number = 0
        while number != wanted:
            number, session, name = self._said.get_nowait()
        return session, name


class StreamFirstServer(Server):
    """A server whose bridge does this. It needs a bridge, and the queues of `StreamFirst`."""

    def _make_bridge(self, shared: Shared) -> Bridge:
        if self._bridge_address is None:
            raise InvalidOption("the stream first needs a stream: --bridge")
        outbox = shared.queues.wrap(shared.inbound.outbox, "outbound-0")
        return StreamFirstBridge(self._bridge_address, shared, outbox)


def main() -> int:
    """Do what `msgproxy serve` does, with this server and these queues."""
    serve.Server = StreamFirstServer
    serve._queues = lambda given: LiveRecording(StreamFirst(), is_on=given.record is not None)
    return run_command(["serve", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
