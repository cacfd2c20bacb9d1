"""The explorer: tries all schedules of a small scene, and finds those that fail.

Rule: it decides only when every thread of the scene waits for a turn or has ended. So the same
scene is explored in the same order each time, and a schedule that failed fails again.

A scene is a function that gets a schedule. It yields its threads, and resumes when they have
ended, to check the outcome::

    def two_join(schedule):
        members = set()

        def join(name):
            with schedule.turn(f"{name} looks"):
                found = set(members)
            with schedule.turn(f"{name} writes"):
                members.clear()
                members.update(found | {name})

        yield {"ana": lambda: join("ana"), "bob": lambda: join("bob")}
        assert members == {"ana", "bob"}, f"only {members} joined"

The number of schedules grows fast: two threads of n steps have (2n)! / (n!)² of them. Hence the
bounds. A thread that waits for anything but a turn (a lock, a socket) cannot be told from a slow
one; put what it waits for into the `is_possible` of a turn.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Thread, current_thread

from msgproxy.schedule.schedule import Schedule
from msgproxy.schedule.steps import StepMissed

Threads = Mapping[str, Callable[[], None]]
"""What each thread runs, by its name."""

Scene = Callable[[Schedule], Iterator[Threads]]


@dataclass(frozen=True, slots=True)
class Failure:
    """A schedule that fails, and its error. `replay` runs it again."""

    steps: list[str]
    error: Exception


@dataclass(frozen=True, slots=True)
class Exploration:
    """The result: how many schedules were tried, and which of them fail."""

    tried: int
    is_complete: bool
    """Whether these were all."""
    failures: list[Failure]


@dataclass(slots=True)
class ChoicePath:
    """One schedule as it was taken; and for each step, what could have been taken instead."""

    taken: list[str] = field(default_factory=list)
    choices: list[list[str]] = field(default_factory=list)
    error: Exception | None = None

    def next_prefix(self) -> list[str] | None:
        """Return how the next schedule begins, depth first; None if this was the last."""
        for depth in reversed(range(len(self.taken))):
            later = [step for step in self.choices[depth] if step > self.taken[depth]]
            if later:
                return [*self.taken[:depth], later[0]]
        return None


class Deadlock(AssertionError):
    """Threads wait for turns, none of which is possible."""


def explore(scene: Scene, *, at_most: int = 1000, seconds: float = 10.0) -> Exploration:
    """Try the schedules of a scene, depth first, until there are no more or a bound is reached."""
    deadline = time.monotonic() + seconds
    failures: list[Failure] = []
    prefix: list[str] | None = []
    for tried in itertools.count(1):
        assert prefix is not None
        path = _take(scene, prefix)
        if path.error:
            failures.append(Failure(path.taken, path.error))
        prefix = path.next_prefix()
        if prefix is None or tried >= at_most or time.monotonic() > deadline:
            return Exploration(tried, prefix is None, failures)
    raise AssertionError("counting has no end")


def replay(scene: Scene, steps: Sequence[str]) -> None:
    """Run a scene by these steps, and raise its error if it fails."""
    if error := _take(scene, steps).error:
        raise error


def _take(scene: Scene, prefix: Sequence[str]) -> ChoicePath:
    """Run a scene: by these steps first, and then by the first that is possible, each time."""
    path = ChoicePath()
    schedule = Schedule(by_hand=True)
    running = scene(schedule)
    threads = SceneThreads(schedule, next(running))
    try:
        while choices := threads.choices():
            step = prefix[len(path.taken)] if len(path.taken) < len(prefix) else choices[0]
            path.choices.append(choices)
            path.taken.append(step)
            schedule.allow(step)
        next(running, None)
    except Exception as error:
        path.error = error
    finally:
        threads.end()
    return path


class SceneThreads:
    """The threads of a scene."""

    def __init__(self, schedule: Schedule, threads: Threads) -> None:
        self._schedule = schedule
        self._error: Exception | None = None
        self._all = [
            Thread(target=self._run, args=(function,), name=name, daemon=True)
            for name, function in threads.items()
        ]
        self._playing = set(self._all)
        for thread in self._all:
            thread.start()

    def choices(self) -> list[str]:
        """Wait until each thread waits for a turn or has ended. Return the steps that are possible.

        Raise the error of a thread that died. Raise Deadlock if no step is possible, though some
        threads have not ended.
        """
        possible = self._schedule.waiting(cast=self._playing)
        if self._error:
            raise self._error
        if self._playing and not possible:
            names = ", ".join(sorted(thread.name for thread in self._playing))
            raise Deadlock(f"nothing is possible any more, and these have not ended: {names}")
        return possible

    def end(self) -> None:
        """End all threads, whatever they wait for, and join them."""
        self._schedule.abandon()
        for thread in self._all:
            thread.join(self._schedule.patience)

    def _run(self, function: Callable[[], None]) -> None:
        """Run a thread of the scene."""
        try:
            function()
        except StepMissed:
            pass  # abandoned
        except Exception as error:
            self._error = self._error or error
        finally:
            self._playing.discard(current_thread())
            self._schedule.recheck()
