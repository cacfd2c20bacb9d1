"""Queues at which threads wait for their turn.

Rule: `put` and `get` wait until the schedule lets them, and then do what the queue always does.
It is the one class of queue here that overrides more than the four hooks: a hook runs with the
queue's lock held, where it must not wait.

The steps of a server, as the schedule knows them::

    reader-1 puts joined on inbound         broker takes from inbound
    reader-1 puts 1.1 on inbound            broker puts 1.1 on outbound-2
    reader-1 puts left on inbound           broker puts goodbye on outbound-1
    accept stops                            writer-2 takes from outbound-2
    accept puts stopped on inbound

A step comes up when it can be done: a take when something is there to be taken, a put when there
is room for it. What a reader puts on its own client's outbound queue (the welcome, a pong) is no
step and passes: when a client pings is not for the server to decide. The two steps of
`accept` may stand in a list; but they wait for no hand, and for a list not for ever. If what is
left of it does not come, everything runs freely, so that the server can end.
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


class ByTurns(queue.Queue[Any]):
    """What comes before a queue's class, so that a schedule decides who puts and takes when."""

    name: str
    schedule: Schedule
    putting: set[Thread]
    """Who is about to put: `Stopped` comes behind them, though somebody held them up."""

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
            with suppress(StepMissed):  # whoever decides is told by `finish` as well
                self.schedule.finish()

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Wait for something to take, and for the turn; then take. Others do so at once."""
        step = f"{current_thread().name} takes from {self.name}"
        with self.schedule.turn(step, lambda: not self.empty()):
            return super().get(block, timeout)

    def _has_room(self) -> bool:
        return not self.full()

    def _has_no_other(self) -> bool:
        # In a list it can be tried all the same: whether the server sees to it is the question.
        is_alone = len(self.putting) == 1 or not self.schedule.is_over
        return is_alone and self._has_room()


def by_turns(made: queue.Queue[Any], name: str, schedule: Schedule) -> queue.Queue[Any]:
    """Have a new queue wait for the schedule, in which it is called `name`."""
    scheduled = put_before(ByTurns, made)
    scheduled.name, scheduled.schedule, scheduled.putting = name, schedule, set()
    return scheduled


class Scheduled(QueuesAround):
    """Makes queues at which a schedule decides: give it to one server.

    With other `queues` it decides at those; and it can be recorded, which changes nothing.
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
        """Wait for the turn to stop, which is a step like `Stopped`: of a list, or of none."""
        with self._schedule.turn(f"{current_thread().name} stops", is_last=True):
            super().stopping()


def _named(item: Any) -> str:
    match item:
        case Received():
            return str(item.id)
        case Outgoing(messages=messages):
            return " ".join(map(str, messages)) or "goodbye"
    return type(item).__name__.lower()
