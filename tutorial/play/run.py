"""One run of a level: real threads, of which one goes at a time, from stop to stop.

Rule: a decision is made when every thread waits at a stop or has ended, and nothing else
moves meanwhile. So it may look at everything: variables, queues, and who waits for what.
"""

from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import Hashable, Iterable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from types import FrameType
from typing import Any

from msgproxy.schedule import Schedule, StepMissed

from . import Abandoned, LevelError
from .imports import Imports
from .level import Level
from .memory import Loop, With
from .stand_ins import here
from .state import Walk, held, holders, is_holder, reach
from .thread import LevelThread
from .weave import Stop, Woven

PATIENCE = 10.0
"""Seconds that one step may take: a loop that never stops has to fail."""


class Run(AbstractContextManager["Run"]):
    """A level, loaded afresh, whose threads wait before their first lines."""

    def __init__(self, level: Level, *, every_line: bool = False) -> None:
        self.level = level
        self.every_line = every_line
        self.schedule = Schedule(by_hand=True, patience=PATIENCE)
        self.is_abandoned = False
        self.taken: list[str] = []
        self.playing: set[threading.Thread] = set()
        """The threads that have been started and have not ended: each takes itself out."""
        self.imports = Imports(level.stepped, self._tools)
        self.module = level.load(self.imports)
        self.holders = holders(self.module)
        self.threads = [LevelThread(self, made) for made in self.module["threads"]]
        self.shown = [inspect.unwrap(f).__code__ for f in self.module.get("SHOWN", ())]
        names = [thread.name for thread in self.threads]
        if len(set(names)) < len(names) or any(len(name.split()) != 1 for name in names):
            raise LevelError(f"{level.path.name}: each thread needs a name of one word: {names}")

    def __enter__(self) -> Run:
        """Start the threads, one after the other, since even their first lines may share."""
        try:
            for thread in self.threads:
                self.playing.add(thread)
                thread.start()
                self._settle()
        except BaseException:
            self.__exit__()
            raise
        return self

    def possible(self) -> list[str]:
        """Return the names of the threads that can take a step now."""
        return [t.name for t in self.threads if t.is_at_stop and t.why_not() is None]

    def step(self, name: str) -> None:
        """Let one thread go to its next stop, or to its end."""
        if name not in self.possible():
            raise LevelError(f"{name} cannot go now: {self.thread(name).why_not()}")
        self.taken.append(name)
        self.schedule.allow(name)
        self._settle()

    def thread(self, name: str) -> LevelThread:
        """Return a thread by its name."""
        for thread in self.threads:
            if thread.name == name:
                return thread
        raise LevelError(f"there is no thread '{name}'")

    def state(self) -> Hashable:
        """Return what this moment is, so that it can be compared with others."""
        walk = Walk()
        known = {**self.shared(), **self._rebound()}
        shared = tuple((name, walk(value)) for name, value in known.items())
        return shared, tuple(thread.state(walk) for thread in self.threads)

    def shared(self) -> dict[str, Any]:
        """Return the level's shared data, by name."""
        names = [*self.level.names, "clock"]
        shared = {name: self.module[name] for name in names if name in self.module}
        for name, holder in self.holders.items():
            shared.update((f"{name}.{key}", value) for key, value in held(holder))
        return shared

    def _rebound(self) -> dict[str, Any]:
        """Return the globals of stepped modules that a function binds anew."""
        return {
            f"{module['__name__']}.{name}": module.get(name)
            for module in self.imports.all
            for name in module["__woven__"].rebound
        }

    def failure(self) -> str | None:
        """Return how the promise was broken, at an end; None if it was kept."""
        if dead := [t for t in self.threads if t.error]:
            return f"{dead[0].name} died: {type(dead[0].error).__name__}: {dead[0].error}"
        if stuck := [t for t in self.threads if t.is_at_stop]:
            return "stuck: " + "; ".join(f"{t.name} {t.why_not()}" for t in stuck)
        try:
            self.module["check"]()
        except AssertionError as error:
            if not str(error):
                raise LevelError("an assertion in 'check' says nothing when it fails") from error
            return str(error)
        return None

    def __exit__(self, *_: object) -> None:
        self.is_abandoned = True
        self.schedule.abandon()
        for thread in self.threads:
            if thread.ident:  # a level may be wrong before all are started
                thread.join(PATIENCE)

    # Called by the level's threads.

    def _tools(self, woven: Woven) -> dict[str, Any]:
        """Return what woven code calls at its stops."""
        pause = partial(self.pause, woven)
        return {
            "__woven__": woven,
            "__stop__": lambda number: pause(number, sys._getframe(1)),
            "__loop__": partial(Loop, pause),
            "__with__": partial(With, pause),
        }

    def pause(self, woven: Woven, number: int, frame: FrameType) -> None:
        """Hold the thread before a line, if the line touches anything shared."""
        thread = here()
        if thread is None or thread.level_run is not self:
            return  # the level's own first lines, or its check
        if self.is_abandoned:
            raise Abandoned
        stop = woven.stops[number]
        if thread.is_in_package(frame):
            return
        if self.every_line or self._is_shared(stop, frame, thread):
            thread.stand(stop, frame)

    def _is_shared(self, stop: Stop, frame: FrameType, thread: LevelThread) -> bool:
        values = list(self._used(stop, frame))
        if any(value is REBOUND for value in values):
            return True
        mine = reach(values)
        if not mine:
            return False
        return not mine.isdisjoint(reach(self._others(thread)))

    def _used(self, stop: Stop, frame: FrameType) -> Iterator[Any]:
        """Yield the values of the names that a line uses."""
        variables, rebound = frame.f_locals, frame.f_globals["__woven__"].rebound
        for name in stop.names:
            if name in rebound and name not in variables:
                yield REBOUND
            elif name in variables or name in frame.f_globals:
                value = variables[name] if name in variables else frame.f_globals[name]
                is_held = name in stop.holders and is_holder(value, frame.f_globals["__name__"])
                yield REBOUND if is_held else value

    def _others(self, thread: LevelThread) -> Iterable[Any]:
        """Yield what is shared, or known to another thread: its variables, or what it will run."""
        yield from self.shared().values()
        yield self.module["threads"]
        for other in self.threads:
            if other is not thread:
                yield from other.roots()

    def _settle(self) -> None:
        """Wait until each thread that was started waits at a stop or has ended."""
        try:
            self.schedule.waiting(cast=self.playing)
        except StepMissed as error:
            raise LevelError(f"a thread has not come to a stop within {PATIENCE:g} s") from error
        for thread in self.threads:
            if isinstance(thread.error, LevelError):
                raise thread.error


REBOUND = object()
"""In place of the value of a global that some function binds anew, or of what holds attributes."""
