"""The broker: knows which clients have joined, and forwards what they say.

Rule: the set of sessions belongs to the broker thread alone, so there is no lock around it. Other
threads report that a client has joined or left in the same way as what it said: on the inbound
queue.

The broker waits for one thing only, the inbound queue. It never waits for a client, never
receives or sends, and never puts on the queue that it reads. So whatever a client does, or
fails to do, the broker goes on.
"""

from __future__ import annotations

import itertools
import logging
import queue
from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeVar

from msgproxy.concurrency import threads
from msgproxy.concurrency.ownership import owned_by
from msgproxy.concurrency.stop import StopSignal
from msgproxy.events import (
    GOING_AWAY,
    INTERNAL_ERROR,
    TOO_SLOW,
    CloseReason,
    Event,
    Joined,
    Left,
    OutgoingBatch,
    Received,
    Stopped,
)
from msgproxy.protocol.frames import close_batch, encode
from msgproxy.queues import BatchQueue

if TYPE_CHECKING:
    from msgproxy.bridge.bridge import Bridge
    from msgproxy.session import Session

log = logging.getLogger(__name__)

T = TypeVar("T")


class Broker:
    """Takes from the inbound queue, and puts on the outbound queues of all sessions."""

    def __init__(self, inbound: BatchQueue[Event], stop: StopSignal, *, echo: bool) -> None:
        self.has_failed = False
        """Set by the broker thread when a bug ends it; any thread may look."""
        self.joined: tuple[Session | Bridge, ...] = ()
        """A copy of the set, made anew at each change: any thread may look at it."""
        self._inbound = inbound
        self._stop = stop
        self._echo = echo
        self._sessions: dict[Session | Bridge, None] = {}
        """A set that keeps the order of joining. So the broker's work can be repeated exactly."""
        self._is_stopped = False

    def run(self) -> None:
        """Run the broker thread: handle what the readers report, until `Stopped`.

        This is the only thread that knows the sessions, and the only one that puts messages on
        their outbound queues. So all clients see messages in one order: the broker's.
        """
        events: list[Event] = []
        try:
            while not self._is_stopped:
                events = self._inbound.take_all()
                self.handle(events)
                events = []  # or the last client that has left would be kept while this waits
        except Exception as error:
            self._stop_after_crash(error)
            self._drain_after_crash(events)
        finally:
            self._end()

    def _stop_after_crash(self, error: Exception) -> None:
        threads.log_crash(log, error)
        self.has_failed = True
        self._stop.set()

    def _drain_after_crash(self, events: list[Event]) -> None:
        """Forward nothing more, but take what comes, until `Stopped`.

        Otherwise readers would wait for ever for room on the inbound queue. It begins with the
        batch that raised the error: a client may have joined later in it, and must be told.
        """
        while not self._is_stopped:
            for event in events:
                if isinstance(event, Stopped):
                    self._is_stopped = True
                elif isinstance(event, Joined):
                    self._sessions[event.session] = None
            if not self._is_stopped:
                events = self._inbound.take_all()

    def _end(self) -> None:
        self.joined = ()
        reason = INTERNAL_ERROR if self.has_failed else GOING_AWAY
        for session in self._sessions:
            session.outbound.put(close_batch(reason))

    @owned_by("broker")
    def handle(self, events: Iterable[Event]) -> None:
        """Handle events in their order; messages with no other event between them, together."""
        for kind, run in itertools.groupby(events, key=type):
            if kind is Received:
                self._forward(list(run))  # type: ignore[arg-type]  # groupby knows no types
            else:
                for event in run:
                    self._handle_event(event)
                self.joined = tuple(self._sessions)

    def _handle_event(self, event: Event) -> None:
        match event:
            case Joined(session):
                self._sessions[session] = None
            case Left(session, reason):
                self._remove(session, reason)
            case Stopped():
                self._is_stopped = True
            case _:
                raise TypeError(f"the broker cannot handle {event!r}")

    def _forward(self, received: list[Received]) -> None:
        """Put messages on the outbound queue of every client but their sender."""
        # A client that was cut off may talk on for a while. Nobody has to listen.
        accepted = [event for event in received if event.session in self._sessions]
        for_all = OutgoingBatch(  # encoded once: nearly all clients get this very object
            frames=tuple(encode(event.message) for event in accepted),
            size=sum(event.size for event in accepted),
            messages=tuple(event.id for event in accepted),
        )
        senders = {} if self._echo else _positions_by_sender(accepted)
        for session in tuple(self._sessions):
            own = senders.get(session, ())
            if len(own) < len(accepted):  # there is something that it has not said itself
                batch = _without(for_all, own, accepted) if own else for_all
                try:
                    session.outbound.put(batch, block=False)
                except queue.Full:
                    self._cut_off(session)

    def _cut_off(self, session: Session | Bridge) -> None:
        log.warning("cut off client %d: too slow, its queue is full", session.number)
        self._remove(session, TOO_SLOW)
        self.joined = tuple(self._sessions)

    def _remove(self, session: Session | Bridge, reason: CloseReason) -> None:
        """Remove a session, if it is still there: a client that was cut off leaves, too."""
        if session in self._sessions:
            del self._sessions[session]
            session.outbound.put(close_batch(reason))


# An aside: what a sender gets, without its own messages. In principle that is
# `[event for event in accepted if event.session is not sender]`, and encoded again. It is made from
# the batch for all instead, by copying what is *between* the sender's own frames: when a crowd has
# talked while the broker was busy, a batch has thousands of frames, and this is done for each
# sender. (`itertools.compress` took 2.6 times as long with 5,000 frames.)


def _positions_by_sender(accepted: list[Received]) -> dict[Session | Bridge, list[int]]:
    positions: dict[Session | Bridge, list[int]] = {}
    for position, event in enumerate(accepted):
        positions.setdefault(event.session, []).append(position)
    return positions


def _without(batch: OutgoingBatch, positions: list[int], accepted: list[Received]) -> OutgoingBatch:
    size = batch.size - sum(accepted[position].size for position in positions)
    return OutgoingBatch(_cut(batch.frames, positions), size, _cut(batch.messages, positions))


def _cut(everything: tuple[T, ...], positions: list[int]) -> tuple[T, ...]:
    kept: list[T] = []
    start = 0
    for position in positions:
        kept += everything[start:position]
        start = position + 1
    kept += everything[start:]
    return tuple(kept)
