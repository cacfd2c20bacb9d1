"""A thread of a level: a real one, which waits at stops until it is allowed to go on.

Rule: it writes down where it will wait before it waits there, and nobody reads that while it runs.
"""

from __future__ import annotations

import functools
import itertools
import sys
import threading
import traceback
from collections.abc import Hashable, Iterator
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any

from msgproxy.schedule import StepMissed

from . import Abandoned, LevelError, memory, stand_ins
from .stack import Position
from .stand_ins import STAND_INS, Thread
from .state import Walk
from .weave import Stop

if TYPE_CHECKING:
    from .run import Run


SEEN_THROUGH = memory.SEEN_THROUGH | stand_ins.SEEN_THROUGH
UNNAMED = frozenset({"__init__", "__call__", "__enter__", "__exit__"})
"""Methods that a line calls without their names."""


class LevelThread(threading.Thread):
    """A real thread that runs what a level's `Thread` says, and waits at stops."""

    def __init__(self, run: Run, made: Thread) -> None:
        super().__init__(name=made.name, daemon=True)
        self.level_run = run
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
        """Whether it waits somewhere, and has not ended."""
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
        except LevelError as error:
            self.error = self._located(error)
        except Exception as error:
            self.error = error
        finally:
            self.at, self.frames = None, []
            self.made.is_over = True
            self.level_run.playing.discard(self)
            self.level_run.schedule.recheck()

    # Called by itself.

    def _located(self, error: LevelError) -> LevelError:
        """Return an error that names the line of the level at which it came up."""
        name = self.level_run.level.path.name
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if frame.filename == name]
        if not lines or str(error).startswith(f"{name}:"):
            return error
        return LevelError(f"{name}:{lines[-1]}: {error}")

    def stand(self, stop: Stop, frame: FrameType) -> None:
        """Stand at a stop until it is allowed to go on."""
        self.handled = sys.exc_info()[1]
        self.frames = list(self._frames(frame))
        self.at = stop
        try:
            with self.level_run.schedule.turn(self.name):
                pass
        except StepMissed:
            raise Abandoned from None
        finally:
            self.at, self.frames, self.handled, self.object = None, [], None, None

    def stand_within(self, stand_in: Any, method: str, frame: FrameType) -> None:
        """Stand in the middle of a line, or in code that is not woven."""
        self.object = (stand_in, method)
        while not self.is_woven(frame) and frame.f_code not in self.level_run.shown:
            if frame.f_back is None or frame.f_code is LevelThread.run.__code__:
                raise LevelError(f"{self.name} is in code that is not in SHOWN")
            frame = frame.f_back
        is_shown = frame.f_code in self.level_run.shown
        block = self.level_run.shown.index(frame.f_code) + 1 if is_shown else 0
        line, nothing = frame.f_lineno, frozenset[str]()
        label = "" if is_shown else method
        self.stand(Stop(line, line, nothing, nothing, (), label, block), frame)

    def remember(self, frame: FrameType, given: Any) -> None:
        """Note what code that is not woven was given: that decides what it does next."""
        if not self.is_woven(frame):
            self.remembered.append(given)

    def is_woven(self, frame: FrameType) -> bool:
        """Return whether a frame is one of the level, or of a module that is stepped with it."""
        return "__woven__" in frame.f_globals

    def is_in_package(self, frame: FrameType) -> bool:
        """Return whether a woven function was called by code that is not woven."""
        above = frame.f_back
        while above is not None and above.f_code is not LevelThread.run.__code__:
            if above.f_code in self.level_run.shown:
                return True
            above = above.f_back
        return False

    def _frames(self, frame: FrameType) -> Iterator[FrameType]:
        """Yield the woven functions that it is in, and refuse what could not be looked into."""
        called = ""
        above: FrameType | None = frame
        while above is not None and above.f_code is not LevelThread.run.__code__:
            if self.is_woven(above):
                if called:
                    _refuse_hidden_values(above, called)
                yield above
                called = above.f_code.co_name
            elif above.f_code in SEEN_THROUGH:
                called = above.f_code.co_name
            else:
                if self.level_run.shown:
                    return  # what it has been given stands for it
                raise LevelError(f"{self.name} is in {above.f_code.co_name}, which is not woven")
            above = above.f_back

    # Called by the thread that decides, while this one waits.

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
        """Return where it is, and what it can still see."""
        if self.at is None:
            return ("over", walk(self.error))
        frames = []
        for place, frame in enumerate(self.frames):
            values = sorted(frame.f_locals.items(), key=lambda item: item[0])
            at = self.at if place == 0 else frame.f_lasti
            frames.append((frame.f_code.co_qualname, at, tuple((n, walk(v)) for n, v in values)))
        return (tuple(frames), walk(self.handled), walk(self.object), walk(self.remembered))

    def _name_of(self, value: Any) -> str | None:
        shared = self.level_run.shared().items()
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


def _refuse_hidden_values(frame: FrameType, called: str) -> None:
    """Refuse a stop within a call if Python keeps values of the calling line meanwhile.

    Only calls that come first in their line are safe. And it has to be the woven function that
    the line calls, not one like `sorted` that calls it, and remembers things of its own.
    """
    name = frame.f_globals["__woven__"].calls.get(_place(frame.f_code, frame.f_lasti))
    where = f"{frame.f_code.co_filename}:{frame.f_lineno}"
    if name is None:
        raise LevelError(
            f"{where}: the call of {called} is part of a larger line; make it a line of its own"
        )
    if called != name and called not in UNNAMED:
        raise LevelError(f"{where}: {name} calls {called}, unseen")


@functools.cache
def _place(code: CodeType, offset: int) -> Position:
    """Return the lines and columns of an instruction: each takes two bytes."""
    return next(itertools.islice(code.co_positions(), offset // 2, None))
