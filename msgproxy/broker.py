"""The broker: knows who has joined, and forwards what they say.

Rule: the set of sessions is the broker thread's alone, so there is no lock around it. Others
say that a client has joined or left in the same way as what it said: on the inbound queue.

The broker waits for one thing only, the inbound queue. It never waits for a client, never
receives or sends, and never puts on the queue that it reads. So whatever a client does, or
fails to do, the broker goes on.
"""

from __future__ import annotations

import itertools
import logging
import queue
from collections.abc import Iterable
from typing import Any, TypeVar

from msgproxy.concurrency import threads
from msgproxy.concurrency.ownership import owned_by
from msgproxy.concurrency.stop import StopSignal
from msgproxy.events import (
    GOING_AWAY,
    INTERNAL_ERROR,
    TOO_SLOW,
    Event,
    Farewell,
    Joined,
    Left,
    Outgoing,
    Participant,
    Received,
    Stopped,
)
from msgproxy.protocol.frames import encode

log = logging.getLogger(__name__)

T = TypeVar("T")


class Broker:
    """Takes from the inbound queue, and puts on the outbound queues of all sessions."""

    def __init__(self, inbound: queue.Queue[Any], stop: StopSignal, echo: bool) -> None:
        self.inbound = inbound
        self.has_failed = False
        """Set by the broker thread when it dies of a bug; anyone may look."""
        self.joined: tuple[Participant, ...] = ()
        """A copy of the set, made anew at each change: anyone may look at it, at any time."""
        self._stop = stop
        self._echo = echo
        self._sessions: dict[Participant, None] = {}
        """A set that keeps the order of joining. So what the broker does can be repeated."""
        self._is_over = False

    def run(self) -> None:
        """Run the broker thread: handle what the readers report, until `Stopped`.

        This is the only thread that knows the sessions, and the only one that puts messages on
        their outbound queues. So all clients see messages in one order: the broker's.
        """
        farewell = GOING_AWAY
        events: list[Event] = []
        try:
            while not self._is_over:
                events = self.inbound.get()
                self.handle(events)
        except Exception as error:
            threads.report_death(log, error)
            farewell = INTERNAL_ERROR
            self.has_failed = True
            self._stop.set()
            self._wind_down(events)
        finally:
            self.joined = ()
            for session in self._sessions:
                session.end(farewell)

    def _wind_down(self, events: list[Event]) -> None:
        """After a bug: forward nothing any more, but take what comes, until `Stopped`.

        Otherwise readers would wait for ever for room on the inbound queue. It begins with the
        events among which the bug was: behind it somebody may have joined, who is to be told.
        """
        while not self._is_over:
            for event in events:
                if isinstance(event, Stopped):
                    self._is_over = True
                elif isinstance(event, Joined):
                    self._sessions[event.session] = None
            if not self._is_over:
                events = self.inbound.get()

    @owned_by("broker")
    def handle(self, events: Iterable[Event]) -> None:
        """Handle some events in their order. Messages without a coming or going between them
        are forwarded together: to the same clients, in one put for each."""
        for kind, run in itertools.groupby(events, key=type):
            if kind is Received:
                self._forward(list(run))  # type: ignore[arg-type]  # groupby knows no types
            else:
                for event in run:
                    self._note(event)
                self.joined = tuple(self._sessions)

    def _note(self, event: Event) -> None:
        match event:
            case Joined(session):
                self._sessions[session] = None
            case Left(session, farewell):
                self._part(session, farewell)
            case Stopped():
                self._is_over = True
            case _:
                raise TypeError(f"{event!r} is nothing that a broker can be told")

    def _forward(self, received: list[Received]) -> None:
        """Put messages on the outbound queue of everyone but their sender.

        Each message is encoded once. Who said nothing of it, which is nearly everyone, gets the
        very same `Outgoing`.
        """
        # Who was cut off may go on talking for a while. Nobody has to listen.
        heard = [event for event in received if event.session in self._sessions]
        frames = tuple(encode(event.message) for event in heard)
        messages = tuple(event.id for event in heard)
        for_all = Outgoing(frames, sum(event.size for event in heard), messages)
        own: dict[Participant, list[int]] = {}
        for place, event in enumerate(heard):
            own.setdefault(event.session, []).append(place)
        for session in tuple(self._sessions):
            outgoing = for_all
            if session in own and not self._echo:
                outgoing = _all_but(for_all, own[session], heard)
            if outgoing.frames and not session.send(outgoing):
                log.warning("cut off client %d: too slow, its queue is full", session.number)
                self._part(session, TOO_SLOW)
                self.joined = tuple(self._sessions)

    def _part(self, session: Participant, farewell: Farewell) -> None:
        """Forget a session. It may be forgotten already: a client that was cut off leaves too."""
        if session in self._sessions:
            del self._sessions[session]
            session.end(farewell)


def _all_but(outgoing: Outgoing, places: list[int], heard: list[Received]) -> Outgoing:
    """Return the same without the frames at some places."""
    size = outgoing.size - sum(heard[place].size for place in places)
    return Outgoing(_cut(outgoing.frames, places), size, _cut(outgoing.messages, places))


def _cut(everything: tuple[T, ...], places: list[int]) -> tuple[T, ...]:
    """Return it without some places.

    It copies what is between them, instead of looking at each: when a crowd has talked while
    the broker was busy, there are thousands of frames, and this is done for each talker.
    """
    kept: list[T] = []
    start = 0
    for place in places:
        kept += everything[start:place]
        start = place + 1
    kept += everything[start:]
    return tuple(kept)
