"""One run of a level: real threads, of which one goes at a time, from stop to stop.

Rule: whoever decides does so when every thread stands at a stop or has ended, and nothing else
moves meanwhile. So it may look at everything: variables, queues, and who waits for what.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Hashable, Iterable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from types import CodeType, FrameType
from typing import Any

from msgproxy.schedule import Schedule, StepMissed

from .errors import Abandoned, LevelError
from .level import Level
from .memory import Loop, With
from .stand_ins import STAND_INS, Thread, here
from .state import Walk, reach
from .weave import Stop

PATIENCE = 10.0
"""Seconds that one step may take: a loop that never stops has to fail."""


class Run(AbstractContextManager["Run"]):
    """A level, loaded afresh, whose threads stand before their first lines."""

    def __init__(self, level: Level, *, every_line: bool = False) -> None:
        self.level = level
        self.every_line = every_line
        self.schedule = Schedule(by_hand=True, patience=PATIENCE)
        self.is_abandoned = False
        self.taken: list[str] = []
        pause = self.pause
        tools = {"__stop__": self._stop, "__loop__": partial(Loop, pause)}
        self.module = level.load({**tools, "__with__": partial(With, pause)})
        self.threads = [LevelThread(self, made) for made in self.module["threads"]]
        self.shown = {function.__code__ for function in self.module.get("SHOWN", ())}
        names = [thread.name for thread in self.threads]
        if len(set(names)) < len(names) or any(len(name.split()) != 1 for name in names):
            raise LevelError(f"{level.path.name}: each thread needs a name of one word: {names}")
        for thread in self.threads:  # one after the other, since even the first lines may share
            thread.start()
            self._settle()

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
        shared = tuple((name, walk(value)) for name, value in self.shared().items())
        return shared, tuple(thread.state(walk) for thread in self.threads)

    def shared(self) -> dict[str, Any]:
        """Return the level's shared data, by name."""
        return {name: self.module[name] for name in self.level.names if name in self.module}

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
            thread.join(PATIENCE)

    # Called by the level's threads.

    def _stop(self, number: int) -> None:
        self.pause(number, sys._getframe(1))

    def pause(self, number: int, frame: FrameType) -> None:
        """Hold the thread before a line, if the line touches anything shared."""
        thread = here()
        if thread is None or thread.run_it_is_in is not self:
            return  # the level's own first lines, or its check
        if self.is_abandoned:
            raise Abandoned
        stop = self.level.woven.stops[number]
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
        variables = frame.f_locals
        for name in stop.names:
            if name in variables:
                yield variables[name]
            elif name in self.level.woven.rebound:
                yield REBOUND
            elif name in frame.f_globals:
                value = frame.f_globals[name]
                is_class = isinstance(value, type) and value.__module__ == frame.f_globals["__name__"]
                yield REBOUND if is_class and name in stop.classes else value

    def _others(self, thread: LevelThread) -> Iterable[Any]:
        """Yield what is shared, or known to another thread: its variables, or what it will run."""
        yield from self.shared().values()
        yield self.module["threads"]
        for other in self.threads:
            if other is not thread:
                yield from other.roots()

    def _settle(self) -> None:
        started = {thread for thread in self.threads if thread.ident}
        try:
            self.schedule.waiting(cast={thread for thread in started if not thread.is_over})
        except StepMissed as error:
            raise LevelError(f"a thread has not come to a stop within {PATIENCE:g} s") from error
        for thread in started:
            if isinstance(thread.error, LevelError):
                raise thread.error


REBOUND = object()
"""In place of the value of a global that some function binds anew."""


class LevelThread(threading.Thread):
    """A real thread that runs what a level's `Thread` says, and stands at stops."""

    def __init__(self, run: Run, made: Thread) -> None:
        super().__init__(name=made.name, daemon=True)
        self.run_it_is_in = run
        self.made = made
        self.error: BaseException | None = None
        self.at: Stop | None = None
        self.frames: list[FrameType] = []
        """The woven functions that it is in, the innermost first."""
        self.handled: BaseException | None = None
        self.object: Any = None
        self.remembered: list[Any] = []
        """In code that is not woven: all that queues have given to it."""

    @property
    def is_at_stop(self) -> bool:
        """Whether it stands somewhere, and has not ended."""
        return self.at is not None

    @property
    def is_over(self) -> bool:
        """Whether it has ended, well or not."""
        return self.made.is_over

    def run(self) -> None:
        """Run what the level says, and note of what it dies."""
        try:
            self.made.target(*self.made.args)
        except (Abandoned, StepMissed):
            pass
        except Exception as error:
            self.error = error
        finally:
            self.at, self.frames = None, []
            self.made.is_over = True
            self.run_it_is_in.schedule.look_again()

    # Called by itself.

    def stand(self, stop: Stop, frame: FrameType) -> None:
        """Stand at a stop until it is allowed to go on."""
        self.handled = sys.exc_info()[1]
        self.frames = list(self._frames(frame))
        self.at = stop
        try:
            with self.run_it_is_in.schedule.turn(self.name):
                pass
        except StepMissed:
            raise Abandoned from None
        finally:
            self.at, self.frames, self.handled, self.object = None, [], None, None

    def stand_within(self, stand_in: Any, method: str, frame: FrameType) -> None:
        """Stand in the middle of a line, or in code that is not woven."""
        self.object = (stand_in, method)
        while not self.is_woven(frame) and frame.f_code not in self.run_it_is_in.shown:
            if frame.f_back is None or frame.f_code is LevelThread.run.__code__:
                raise LevelError(f"{self.name} is in code that is not in SHOWN")
            frame = frame.f_back
        label = f"{frame.f_code.co_qualname}:{method}"
        self.stand(Stop(frame.f_lineno, frame.f_lineno, frozenset(), frozenset(), (), label), frame)

    def remember(self, frame: FrameType, given: Any) -> None:
        """Note what code that is not woven was given: that decides what it does next."""
        if not self.is_woven(frame):
            self.remembered.append(given)

    def is_woven(self, frame: FrameType) -> bool:
        """Return whether a frame is one of the level."""
        return frame.f_globals is self.run_it_is_in.module

    def is_in_package(self, frame: FrameType) -> bool:
        """Return whether a woven function was called by code that is not woven."""
        above = frame.f_back
        while above is not None and above.f_code is not LevelThread.run.__code__:
            if above.f_code in self.run_it_is_in.shown:
                return True
            above = above.f_back
        return False

    def _frames(self, frame: FrameType) -> Iterator[FrameType]:
        above: FrameType | None = frame
        while above is not None and above.f_code is not LevelThread.run.__code__:
            if not self.is_woven(above):
                if self.run_it_is_in.shown:
                    return  # what it has been given stands for it
                raise LevelError(f"{self.name} is in {above.f_code.co_name}, which is not woven")
            if above is not frame:
                _refuse_hidden_values(self.run_it_is_in.level, above, called)
            yield above
            called = above.f_code.co_name
            above = above.f_back

    # Called by whoever decides, while it stands.

    def why_not(self) -> str | None:
        """Say why it cannot go, or return None if it can."""
        if self.at is None:
            return "has ended"
        if self.object:
            stand_in, method = self.object
            return _why_not(stand_in, method, self._name_of(stand_in) or "it", self.name)
        [frame, *_] = self.frames
        reasons = []
        for wait in self.at.waits:
            waited = eval(wait.code, frame.f_globals, frame.f_locals)
            if isinstance(waited, STAND_INS):
                name = self._name_of(waited) or wait.text
                reasons.append(_why_not(waited, wait.method, name, self.name))
        if len(reasons) > 1:
            raise LevelError(f"line {self.at.line} may wait twice: make it two lines")
        return reasons[0] if reasons else None

    def variables(self) -> dict[str, Any]:
        """Return its own variables, of all functions that it is in."""
        found: dict[str, Any] = {}
        for frame in reversed(self.frames):
            found.update(frame.f_locals)
        return {name: value for name, value in found.items() if not name.startswith("__")}

    def roots(self) -> Iterator[Any]:
        """Yield what this thread can get at, besides what is shared."""
        if self.ident is None or not (self.is_over or self.frames):
            yield (self.made.target, self.made.args)
        for frame in self.frames:
            yield dict(frame.f_locals)
        yield self.remembered

    def state(self, walk: Walk) -> Hashable:
        """Return where it stands, and what it can still see."""
        if self.at is None:
            return ("over", walk(self.error))
        frames = []
        for place, frame in enumerate(self.frames):
            values = sorted(frame.f_locals.items(), key=lambda item: item[0])
            at = self.at if place == 0 else frame.f_lasti
            frames.append((frame.f_code.co_qualname, at, tuple((n, walk(v)) for n, v in values)))
        return (tuple(frames), walk(self.handled), walk(self.object), walk(self.remembered))

    def _name_of(self, value: Any) -> str | None:
        shared = self.run_it_is_in.shared().items()
        for name, known in shared:
            if known is value:
                return name
            for attribute, inner in getattr(known, "__dict__", {}).items():
                if inner is value:
                    return f"{name}.{attribute}"
        return None


def _why_not(stand_in: Any, method: str, text: str, name: str) -> str | None:
    reason: str | None = stand_in.why_not(method, text, name)
    return reason


def _refuse_hidden_values(level: Level, frame: FrameType, called: str) -> None:
    """Refuse a stop within a call if Python keeps values of the calling line meanwhile.

    Only calls that come first in their line are safe. And it has to be the woven function that
    the line calls, not one like `sorted` that calls it, and remembers things of its own.
    """
    place = _place(frame.f_code, frame.f_lasti)
    name = level.woven.calls.get(place)
    if name is None:
        raise LevelError(
            f"{level.path.name}:{frame.f_lineno}: the call of {called} is part of a larger line; "
            "make it a line of its own"
        )
    if called != name and called not in ("__init__", "__call__"):
        raise LevelError(f"{level.path.name}:{frame.f_lineno}: {name} calls {called}, unseen")


def _place(code: CodeType, offset: int) -> tuple[int | None, int | None, int | None, int | None]:
    for number, place in enumerate(code.co_positions()):
        if number * 2 == offset:
            line, end_line, column, end_column = place
            return line, end_line, column, end_column
    raise AssertionError("an instruction that is not there")
