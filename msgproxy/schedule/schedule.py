"""A schedule: which thread does the next step, decided by a list or by hand.

Rule: a thread that comes to a step waits for its turn, and one step is done at a time. So threads
wait for each other here, and even the broker waits: its promise to wait for no client is suspended
on purpose. Apart from those of the queues, this is the only lock.

A race is an order of steps that nobody had thought of. By itself it happens once in a million
times. With a schedule it happens when you say so, and again when you say so again.

Steps are lines such as "reader-1 puts 1.1 on inbound" (see `steps`). Which of them wait:

* by hand (after `hold`): all, each until it is allowed;
* otherwise those that are still to come in the list. All others pass; after its end, all do.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Thread, current_thread

from msgproxy.schedule.steps import StepMissed, Turn, matches

PATIENCE = 10.0
"""Seconds that `allow` and `finish` wait for a step that does not come."""


class Schedule(AbstractContextManager["Schedule"]):
    """Decides which thread goes next. At the end of a `with` block it lets all run freely."""

    def __init__(
        self, steps: Iterable[str] = (), *, by_hand: bool = False, patience: float = PATIENCE
    ) -> None:
        """Begin with a list of steps, or by hand, or with neither: then every step passes."""
        self.taken: list[str] = []
        """All steps in the order in which they were taken, also those that just passed. A new
        `Schedule` made of them takes them in this order again."""
        self.patience = patience
        self._change = threading.Condition()
        self._to_come = deque(steps)
        self._unfinished = len(self._to_come)
        self._is_by_hand = by_hand
        self._is_abandoned = False
        self._dropped: StepMissed | None = None
        """Why a thread of the server has dropped the plan: `finish` raises it, once."""
        self._standing: dict[Thread, Turn] = {}
        self._running: Thread | None = None

    # Called by the threads that take the steps.

    @contextmanager
    def turn(
        self, step: str, is_possible: Callable[[], bool] = lambda: True, *, is_last: bool = False
    ) -> Iterator[None]:
        """Wait for the turn to run the `with` block.

        A step that is not possible gets no turn; so the block itself need not wait for anything,
        and contains no other turn. A step that `is_last` waits until it is the next one to come,
        or there are none. If it is not among them, everything runs freely from then on.
        """
        me = current_thread()
        with self._change:
            assert self._running is not me, f"{step}: a turn within a turn would wait for itself"
            turn = self._standing[me] = Turn(step, is_possible)
            self._change.notify_all()
            try:
                self._wait(turn, is_last)
            finally:
                del self._standing[me]
            if is_planned := self._is_next(turn):
                self._to_come.popleft()
            self._running = me
            self.taken.append(step)
        try:
            yield
        finally:
            self._end_turn(is_planned)

    def finish_or_drop(self) -> None:
        """Wait until the planned steps are done, but do not raise: the next `finish` will."""
        with self._change:
            try:
                self.finish()
            except StepMissed as missed:
                self._dropped = missed

    def recheck(self) -> None:
        """Ask again which steps are possible: something has changed outside a turn."""
        with self._change:
            self._change.notify_all()

    @property
    def is_over(self) -> bool:
        """Whether every step passes: nothing is planned, and nothing decided by hand."""
        return not self._to_come and not self._is_by_hand

    # Called by the thread that decides.

    def hold(self) -> None:
        """Decide by hand from now on: only steps that are allowed are taken."""
        with self._change:
            self._is_by_hand = True

    def waiting(self, at_least: int = 0, *, cast: Collection[Thread] = ()) -> list[str]:
        """Return the steps that threads wait for and that could be taken now, sorted.

        Wait until there are that many, and until every thread of `cast` waits for some step. Raise
        StepMissed if that takes longer than `patience`.
        """

        def all_are_there() -> bool:
            return len(self._possible()) >= at_least and self._standing.keys() >= set(cast)

        with self._change:
            if not self._change.wait_for(all_are_there, self.patience):
                raise self._give_up(f"{max(at_least, len(cast))} threads have not come to a step")
            return self._possible()

    def allow(self, step: str) -> None:
        """Let one step be taken, when it comes; return once it is done. See `finish`."""
        self.plan([step])
        self.finish()

    def plan(self, steps: Iterable[str]) -> None:
        """Let these steps be taken in this order, after those that were planned before."""
        with self._change:
            planned = list(steps)
            self._to_come.extend(planned)
            self._unfinished += len(planned)
            self._change.notify_all()

    def finish(self) -> None:
        """Wait until the planned steps are done.

        Raise StepMissed if the next one is not done within `patience` seconds. Then everything
        runs freely: a schedule that cannot be kept must not keep a server from stopping. So a
        server that stops may have dropped the plan before: that is raised here, too.
        """
        with self._change:
            while left := self._unfinished:
                if not self._change.wait_for(lambda: self._unfinished < left, self.patience):
                    has_begun = left > len(self._to_come)
                    late = self.taken[-1] if has_begun else self._to_come[0]
                    raise self._give_up(f"'{late}' has not {'ended' if has_begun else 'come'}")
            dropped, self._dropped = self._dropped, None
            if dropped:
                raise dropped

    def release(self) -> None:
        """Let everything run freely from now on: drop the plan, and decide nothing by hand."""
        with self._change:
            self._to_come.clear()
            self._unfinished = 0
            self._is_by_hand = False
            self._running = None
            self._change.notify_all()

    def abandon(self) -> None:
        """Raise StepMissed in every thread that waits for a turn, or comes to one."""
        with self._change:
            self._is_abandoned = True
            self.release()

    def __exit__(self, *_: object) -> None:
        self.release()

    # With the lock held. (It can be taken twice by the same thread.)

    def _wait(self, turn: Turn, is_last: bool) -> None:
        def may_go() -> bool:
            return self._is_abandoned or self._may_go(turn)

        if is_last:
            self._change.wait_for(lambda: self._is_next(turn) or not self._to_come, self.patience)
            if not self._is_next(turn):
                if self._to_come:
                    self._dropped = self._give_up(f"'{self._to_come[0]}' has not come")
                self.release()
        self._change.wait_for(may_go)
        if self._is_abandoned:
            raise StepMissed(f"{turn.step}: nobody waits for this any more")

    def _may_go(self, turn: Turn) -> bool:
        if self._running is not None or not turn.is_possible():
            return False
        is_free = not self._is_by_hand and not any(matches(s, turn.step) for s in self._to_come)
        return is_free or self._is_next(turn)

    def _is_next(self, turn: Turn) -> bool:
        return bool(self._to_come) and matches(self._to_come[0], turn.step)

    def _end_turn(self, was_planned: bool) -> None:
        with self._change:
            if self._running is current_thread():  # if not, all were released meanwhile
                self._running = None
                self._unfinished -= was_planned
            self._change.notify_all()

    def _possible(self) -> list[str]:
        return sorted(turn.step for turn in self._standing.values() if turn.is_possible())

    def _give_up(self, what: str) -> StepMissed:
        where = "; ".join(map(str, self._standing.values())) or "nobody"
        self.release()
        return StepMissed(f"{what} in {self.patience:g} s. Who stands where: {where}")
