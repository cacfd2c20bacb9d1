"""Queues at which threads wait for their turn.

Rule: `put` and `take_all` wait for their turn, and then do what the queue always does.

The steps of a server, as the schedule knows them::

    reader-1 puts joined on inbound         broker takes from inbound
    reader-1 puts 1.1 on inbound            broker puts 1.1 on outbound-2
    reader-1 puts left on inbound           broker puts close on outbound-1
    accept stops                            writer-2 takes from outbound-2
    accept puts stopped on inbound

A step gets its turn only when it can be done: a take when there is something to take, a put when
there is room. What a reader puts on its own client's outbound queue (the welcome, a pong) is no
step and passes: the server does not decide when a client pings. The two steps of `accept` may be
in a list; but they are never held by hand, and by a list not for ever. If the rest of it does not
come, everything runs freely, so that the server can end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread, current_thread
from typing import Any

from msgproxy.events import OutgoingBatch, Received, Stopped
from msgproxy.observers import QueueObserver
from msgproxy.queues import BatchQueue, Q, Queues
from msgproxy.schedule.schedule import Schedule


class Scheduled(Queues, QueueObserver):
    """Makes queues at which a schedule decides: give it to one server.

    With other `queues`, it decides at those. It can be recorded, which changes nothing.
    """

    def __init__(self, schedule: Schedule, queues: Queues | None = None) -> None:
        super().__init__(queues)
        self._schedule = schedule
        self._putting: dict[str, set[Thread]] = defaultdict(set)
        """The threads that are about to put on a queue, by its name. `Stopped` comes after them,
        though the schedule holds them up."""
        self.observers.add(self)

    def on_stopping(self) -> None:
        """Wait for the turn to stop. Like `Stopped`, this step may be missing from a list."""
        with self._schedule.turn(f"{current_thread().name} stops", is_last=True):
            super().on_stopping()

    @contextmanager
    def around_put(self, queue: BatchQueue[Any], item: Any) -> Iterator[None]:
        """Wait for the turn, then put."""
        thread = current_thread()
        if thread.name.replace("reader", "outbound") == queue.name:
            yield
            self._schedule.recheck()  # its writer, which waits for its turn, can take something now
            return
        putting, is_last = self._putting[queue.name], isinstance(item, Stopped)
        putting.add(thread)

        def is_possible() -> bool:
            # In a list, `Stopped` can be tried all the same: the question is whether the server
            # puts it in time.
            is_alone = not is_last or len(putting) == 1 or not self._schedule.is_over
            return is_alone and not queue.full()

        step = f"{thread.name} puts {_named(item)} on {queue.name}"
        with self._schedule.turn(step, is_possible, is_last=is_last):
            putting.discard(thread)
            yield
        if is_last:
            self._schedule.finish_or_drop()

    @contextmanager
    def around_take(self, queue: BatchQueue[Any]) -> Iterator[None]:
        """Wait for something to take, and for the turn; then take. Others do so at once."""
        step = f"{current_thread().name} takes from {queue.name}"
        with self._schedule.turn(step, lambda: not queue.empty()):
            yield


def by_turns(made: Q, name: str, schedule: Schedule) -> Q:
    """Let a schedule decide at one queue, which it calls `name`. Return the queue."""
    return Scheduled(schedule).wrap(made, name)


def _named(item: Any) -> str:
    match item:
        case Received():
            return str(item.id)
        case OutgoingBatch(messages=messages):
            return " ".join(map(str, messages)) or "close"
    return type(item).__name__.lower()
