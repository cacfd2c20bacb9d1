"""The bridge: forwards messages between instances, through a Redis stream.

Rule: for the broker, the bridge is one more session. It joins as clients do; its reader puts on the
inbound queue what the other instances say, and its writer takes from an outbound queue what is said
here. The broker does not know which of its sessions is a bridge.

What holds, with any number of instances on one stream:

* Clients of one instance receive each other's messages at once, as without a bridge, and also
  while Redis is away.
* A message reaches each client of the other instances once, and none comes back.
* All clients of one instance see one order. Two instances may differ in what was said at the same
  time on both. But each sender's own order is kept, and nobody sees an answer before what it
  answers: a client that answers a message has received it, so the answer comes later on the stream.

An instance loses messages if it is away for longer than the stream is long, or if it cannot reach
Redis until its outbound queue is full. Its log then says how many, as far as the numbers of the
messages show it.
"""

from __future__ import annotations

import logging
import secrets
import time

from msgproxy.bridge.address import Address
from msgproxy.bridge.entries import Entries, Entry, EntryWriter, StreamCursor
from msgproxy.bridge.stream import BLOCK, RedisConnection, RedisUnavailable, Retry
from msgproxy.concurrency import threads
from msgproxy.events import (
    BRIDGE,
    INTERNAL_ERROR,
    ITEM_OVERHEAD,
    Joined,
    Left,
    MessageId,
    OutgoingBatch,
    Received,
)
from msgproxy.queues import BatchQueue
from msgproxy.shared import Shared
from msgproxy.snapshot import ClientSnapshot, Traffic

log = logging.getLogger(__name__)


class Bridge:
    """The session of all other instances."""

    number = BRIDGE

    def __init__(
        self, address: Address, shared: Shared, outbound: BatchQueue[OutgoingBatch]
    ) -> None:
        self.outbound = outbound
        self._address = address
        self._shared = shared
        self._traffic = Traffic(joined_at=time.monotonic())
        self._has_given_up = False
        """Once it is true, neither thread tries Redis again."""
        origin = secrets.token_hex(6).encode()  # a new one for each start, as the count is
        # The reader's.
        self._source = RedisConnection(address, shared.stop)
        self._receiving = Retry("receive from the other instances", str(address), shared.stop)
        self._cursor = StreamCursor(origin)
        # The writer's.
        self._sink = RedisConnection(address, shared.stop)
        self._publishing = Retry("publish to the other instances", str(address), shared.stop)
        self._entries = EntryWriter(origin, skip_client=self.number)
        self._unpublished = 0
        self.thread = threads.new_thread(self._run_reader, "reader-0")
        self.writer = threads.new_thread(self._run_writer, "writer-0")

    # Called by the accept thread.

    def start(self) -> None:
        """Begin. Raise RuntimeError if the system gives no more threads."""
        self.thread.start()

    def wake(self) -> None:
        """Wake the threads that wait for an answer of Redis: the stop signal has been set.

        The writer may go on as long as Redis answers it.
        """
        self._source.interrupt()
        if self._publishing.is_failing:
            self._sink.interrupt()

    # Called by any thread.

    def abort(self) -> None:
        """Give up, now. Both threads wake up and end."""
        self._has_given_up = True
        self._source.interrupt()
        self._sink.interrupt()

    def snapshot(self) -> ClientSnapshot:
        """Return its counts: `in` is what other instances have said, `out` what this one has."""
        return self._traffic.snapshot(self.number, str(self._address), self.outbound.bytes_waiting)

    # The reader thread.

    def _run_reader(self) -> None:
        """Run the reader thread: put what comes on the stream on the inbound queue.

        This is the only thread that reads the stream, so each message is put once, and in order.
        """
        try:
            self._shared.inbound.put(Joined(self))
            self.writer.start()
            while not self._is_over:
                self._receive_or_wait()
        except Exception as error:
            threads.log_crash(log, error)
        finally:
            self._source.close()
            if not self._is_stopping:  # in a stop, `Stopped` ends all sessions
                self._shared.inbound.put(Left(self, INTERNAL_ERROR))

    @property
    def _is_over(self) -> bool:
        return self._has_given_up or self._is_stopping

    @property
    def _is_stopping(self) -> bool:
        return self._shared.stop.is_set

    def _receive_or_wait(self) -> None:
        try:
            self._receive()
        except RedisUnavailable as error:
            self._receiving.wait(error)

    def _receive(self) -> None:
        """Put what comes next on the stream on the inbound queue. Wait up to BLOCK for it."""
        self._source.connect()
        if not self._cursor.id:
            self._locate()
        # After a break it does not block: the log should say at once that it works again.
        entries = self._source.read(self._cursor.id, BLOCK if self._receiving.is_open else 0)
        if entries is None:
            return
        if not entries:  # for a while: is it still the same stream?
            self._locate()
        self._receiving.succeed()
        self._pass_on(entries)

    def _pass_on(self, entries: Entries) -> None:
        for said in self._cursor.news(entries, self._shared.limits.max_message_size):
            name = self._count(said.size)
            # May have to wait, as any reader. Meanwhile the stream keeps what follows.
            size = said.size + ITEM_OVERHEAD
            self._shared.inbound.put(Received(self, said.message, size, name))

    def _count(self, size: int) -> MessageId:
        self._traffic.messages_in += 1
        self._traffic.bytes_in += size
        return MessageId(self.number, self._traffic.messages_in)

    def _locate(self) -> None:
        self._cursor.locate(self._source.last_id(), self._source.now())

    # The writer thread.

    def _run_writer(self) -> None:
        """Run the writer thread: add what is said here to the stream, until the last of it.

        This is the only thread that adds for this instance, so its messages have one order.
        """
        try:
            self._publish_all()
            if self._unpublished:
                log.warning("%d messages have not reached the other instances", self._unpublished)
        except Exception as error:
            threads.log_crash(log, error)
            self.abort()  # the reader notices, and leaves
        finally:
            self._sink.close()

    def _publish_all(self) -> None:
        is_last = False
        while not is_last:
            batch = self.outbound.take_all()
            is_last = batch[-1].is_last
            for entry in self._entries.entries(batch):
                self._publish(entry)

    def _publish(self, entry: Entry) -> None:
        """Add an entry to the stream. In a stop, give up when Redis is unavailable.

        If the answer is lost, the entry is added again, and may be there twice. Its number shows
        that: an instance that has received the 17th message leaves out a second 17th.
        """
        while not self._has_given_up:
            try:
                self._sink.connect()
                self._entries.note_added(self._sink.add(entry))
            except RedisUnavailable as error:
                if not self._publishing.wait(error):
                    self._has_given_up = True  # on what is still on the queue, too
            else:
                self._publishing.succeed()
                self._traffic.messages_out += len(entry.messages)
                self._traffic.bytes_out += entry.size
                return
        self._unpublished += len(entry.messages)
