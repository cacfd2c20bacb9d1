"""The bridge: what clients say here reaches those of other instances, through a Redis stream.

Rule: for the broker, the bridge is one more participant beside the clients. It joins as they do,
its reader puts on the inbound queue what the other instances say, and its writer takes from an
outbound queue what is said here. The broker does not know that it is there.

What holds, with any number of instances on one stream:

* Clients of one instance hear each other at once, as without a bridge, and also without Redis.
* A message reaches each client of the other instances once, and none comes back.
* All clients of one instance see one order. Instances may differ in what was said at the same
  time on several of them. But each sender's own order is kept, and nobody sees an answer before
  what it answers: who has heard a message can only speak behind it, on the stream too.

A message is lost for an instance, and the log says how many, if it is away for longer than the
stream is long; or if this instance cannot reach Redis until its outbound queue is full.
"""

from __future__ import annotations

import logging
import queue
import secrets
from typing import Any

from msgproxy.bridge.address import Address
from msgproxy.bridge.entries import Place, Tie, Voice
from msgproxy.bridge.stream import BLOCK, Away, Entries, Entry, Line
from msgproxy.concurrency import threads
from msgproxy.concurrency.ownership import owned_by
from msgproxy.concurrency.stop import StopSignal, Wake
from msgproxy.events import BOOKKEEPING, INTERNAL_ERROR, Farewell, Joined, Left, Outgoing, Received
from msgproxy.snapshot import ClientSnapshot, Traffic

log = logging.getLogger(__name__)


class Bridge:
    """Takes part in the proxy, for the clients of all other instances."""

    number = 0
    """No client has it: they are counted from 1."""

    def __init__(
        self,
        address: Address,
        inbound: queue.Queue[Any],
        outbound: queue.Queue[Any],
        stop: StopSignal,
        max_message_size: int,
    ) -> None:
        self._address = address
        self._inbound = inbound
        self._outbound = outbound
        self._max_message_size = max_message_size
        self._traffic = Traffic()
        self._is_cut = False  # once it is true, no thread tries Redis again
        origin = secrets.token_hex(6).encode()  # anew for each start, as is the count of messages
        # The reader's.
        self._source = Line(address, stop)
        self._hearing = Tie("hear", str(address), stop)
        self._place = Place(origin)
        # The writer's.
        self._sink = Line(address, stop)
        self._telling = Tie("tell", str(address), stop)
        self._voice = Voice(origin, deaf_to=self.number)
        self._untold = 0
        self.reader = threads.make(self._run_reader, "reader-0")
        self.writer = threads.make(self._run_writer, "writer-0")

    # Called by the accepting thread.

    def start(self) -> None:
        """Begin. Raise RuntimeError if the system gives no more threads."""
        self.reader.start()

    def hurry(self) -> None:
        """Wake who waits for a server that is away: the stop signal has been set."""
        self._source.interrupt()
        if self._telling.is_lost:
            self._sink.interrupt()

    # Called by the broker thread.

    @owned_by("broker")
    def send(self, outgoing: Outgoing) -> bool:
        """Queue what was said, without waiting. There is always room: the oldest goes for it."""
        self._outbound.put_nowait(outgoing)
        return True

    @owned_by("broker")
    def end(self, farewell: Farewell) -> None:  # noqa: ARG002  (the other instances go on)
        """Let the other instances have what waits for them, and nothing more."""
        self._outbound.put_nowait(Outgoing((), BOOKKEEPING, is_last=True))

    # Called by any thread.

    def abort(self) -> None:
        """Give up, now. Both threads wake up and end."""
        self._is_cut = True
        self._source.interrupt()
        self._sink.interrupt()

    def snapshot(self) -> ClientSnapshot:
        """Return how it stands. `in` is what other instances have said, `out` what this one has."""
        return self._traffic.snapshot(self.number, str(self._address), self._outbound.qsize())

    # The reader thread.

    def _run_reader(self) -> None:
        """Run the reader thread: put what stands on the stream on the inbound queue.

        This is the only thread that reads the stream, so each message is put once, and in order.
        """
        farewell: Farewell | None = INTERNAL_ERROR  # if what follows fails
        try:
            self._traffic.join()
            self._inbound.put(Joined(self))
            self.writer.start()
            farewell = self._hear()
        except Exception as error:
            threads.report_death(log, error)
        finally:
            self._source.close()
            if farewell:  # in a stop one `Stopped` stands for it
                self._inbound.put(Left(self, farewell))

    def _hear(self) -> Farewell | None:
        woken = None
        while not (self._is_cut or woken is Wake.STOP):
            try:
                woken = self._listen()
            except Away as away:
                woken = self._hearing.wait(away)
        return None if woken is Wake.STOP else INTERNAL_ERROR

    def _listen(self) -> Wake | None:
        self._source.connect()
        self._place.find(self._source.last_id())
        block = 0.0  # the first answer comes at once, and tells whether it works
        while not self._is_cut:
            if (entries := self._source.read(self._place.id, block)) is None:
                return Wake.STOP
            self._hearing.holds()
            self._take(entries)
            block = BLOCK
        return None

    def _take(self, entries: Entries) -> None:
        if not entries:  # for a while: is it still the same stream?
            self._place.find(self._source.last_id())
        for said in self._place.news(entries, self._max_message_size):
            number = self._traffic.came_in(said.size)
            # May have to wait, as any reader. Meanwhile the stream keeps what follows.
            self._inbound.put(Received(self, said.message, said.size + BOOKKEEPING, number))

    # The writer thread.

    def _run_writer(self) -> None:
        """Run the writer thread: add what is said here to the stream, until the last of it.

        This is the only thread that adds what this instance has to say, so it has one order.
        """
        try:
            self._tell_all()
            if self._untold:
                log.warning("%d messages have not reached the other instances", self._untold)
        except Exception as error:
            threads.report_death(log, error)
            self.abort()  # the reader notices, and leaves
        finally:
            self._sink.close()

    def _tell_all(self) -> None:
        is_last = False
        while not is_last:
            batch = self._outbound.get()
            is_last = batch[-1].is_last
            for entry in self._voice.entries(batch):
                self._tell(entry)

    def _tell(self, entry: Entry) -> None:
        """Add an entry to the stream. In a stop, give up when Redis is away.

        When the answer is lost, it is added again, and may be there twice. It has a number:
        whoever has taken up the 17th message does not take up a 17th again.
        """
        while not self._is_cut:
            try:
                self._sink.connect()
                self._sink.add(entry)
            except Away as away:
                if self._telling.wait(away) is Wake.STOP:
                    self._is_cut = True  # neither for what is still on the queue
            else:
                self._telling.holds()
                self._traffic.went_out(len(entry.messages), entry.size)
                return
        self._untold += len(entry.messages)
