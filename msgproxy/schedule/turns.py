"""Queues at which threads wait for their turn.

Rule: `put` and `get` wait for their turn, and then do what the queue always does. This class of
queue overrides more than the four hooks, since a hook runs with the queue's lock held, where it
must not wait.

The steps of a server, as the schedule knows them::

    reader-1 puts joined on inbound         broker takes from inbound
    reader-1 puts 1.1 on inbound            broker puts 1.1 on outbound-2
    reader-1 puts left on inbound           broker puts goodbye on outbound-1
    accept stops                            writer-2 takes from outbound-2
    accept puts stopped on inbound

A step gets its turn only when it can be done: a take when there is something to take, a put when
there is room. What a reader puts on its own client's outbound queue (the welcome, a pong) is no
step and passes: the server does not decide when a client pings. The two steps of `accept` may be
in a list; but they are never held by hand, and by a list not for ever. If the rest of it does not
come, everything runs freely, so that the server can end.
"""

from __future__ import annotations

import queue
from contextlib import suppress
from threading import Thread, current_thread
from typing import Any

from msgproxy.around import QueuesAround, put_before
from msgproxy.events import Outgoing, Received, Stopped
from msgproxy.limits import Limits
from msgproxy.queues import Queues
from msgproxy.schedule.schedule import Schedule
from msgproxy.schedule.steps import StepMissed


class ScheduledMixin(queue.Queue[Any]):
    """Goes before a queue's own class: a schedule decides which thread puts and takes when."""

    name: str
    schedule: Schedule
    putting: set[Thread]
    """Threads that are about to put: `Stopped` comes after them, even if they are held up."""

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Wait for the turn, then put."""
        thread = current_thread().name
        if thread.startswith("reader") and isinstance(item, Outgoing):
            super().put(item, block, timeout)
            return
        self.putting.add(current_thread())
        is_last = isinstance(item, Stopped)
        possible = self._has_no_other if is_last else self._has_room
        step = f"{thread} puts {_named(item)} on {self.name}"
        with self.schedule.turn(step, possible, is_last=is_last):
            self.putting.discard(current_thread())
            super().put(item, block, timeout)
        if is_last:
            with suppress(StepMissed):  # `finish` raises it in the thread that decides, too
                self.schedule.finish()

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Wait for something to take and for the turn, then take."""
        step = f"{current_thread().name} takes from {self.name}"
        with self.schedule.turn(step, lambda: not self.empty()):
            return super().get(block, timeout)

    def _has_room(self) -> bool:
        return not self.full()

    def _has_no_other(self) -> bool:
        # In a list it may be tried anyway: the question is whether the server prevents it.
        is_alone = len(self.putting) == 1 or not self.schedule.is_over
        return is_alone and self._has_room()


def by_turns(made: queue.Queue[Any], name: str, schedule: Schedule) -> queue.Queue[Any]:
    """Make a new queue wait for the schedule, in which it is called `name`."""
    scheduled = put_before(ScheduledMixin, made)
    scheduled.name, scheduled.schedule, scheduled.putting = name, schedule, set()
    return scheduled


class Scheduled(QueuesAround):
    """Makes queues at which a schedule decides: give it to one server.

    With other `queues` it decides at those. It can be recorded like any queues.
    """

    def __init__(self, schedule: Schedule, queues: Queues | None = None) -> None:
        super().__init__(queues)
        self._schedule = schedule

    def inbound(self, limits: Limits) -> queue.Queue[Any]:
        """Make the inbound queue, with turns."""
        return by_turns(super().inbound(limits), "inbound", self._schedule)

    def outbound(self, limits: Limits, number: int) -> queue.Queue[Any]:
        """Make an outbound queue, with turns."""
        made = super().outbound(limits, number)
        return by_turns(made, f"outbound-{number}", self._schedule)

    def stopping(self) -> None:
        """Wait for the turn to stop: like `Stopped`, a step that need not be in a list."""
        with self._schedule.turn(f"{current_thread().name} stops", is_last=True):
            super().stopping()


def _named(item: Any) -> str:
    match item:
        case Received():
            return str(item.id)
        case Outgoing(messages=messages):
            return " ".join(map(str, messages)) or "goodbye"
    return type(item).__name__.lower()
