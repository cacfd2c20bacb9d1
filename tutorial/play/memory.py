"""Loops and `with` blocks whose memory can be looked at.

Rule: what Python remembers about a loop (which container, how large it was, how far it has come)
is in no variable. Two moments that differ only in that are different states: one of them ends
with "Set changed size during iteration", and the other does not.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager
from types import FrameType, TracebackType
from typing import Any

from . import LevelError

Pause = Callable[[int, FrameType], None]

LOOPED = (list, tuple, set, frozenset, dict, range, str, bytes, deque)


class Loop:
    """The iterator of a `for`: stops before each turn but the first, which the line itself is."""

    def __init__(self, pause: Pause, number: int, container: Collection[Any]) -> None:
        if not isinstance(container, LOOPED):
            kind = type(container).__name__
            raise LevelError(f"a loop over a {kind} cannot be looked into: take a list")
        self.container = container
        self.size = len(container)
        self.seen: list[Any] = []
        self._pause = pause
        self._number = number
        self._iterator = iter(container)
        self._is_begun = False

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        if self._is_begun:
            self._pause(self._number, sys._getframe(1))
        self._is_begun = True
        item = next(self._iterator)
        self.seen.append(item)
        return item


class With:
    """A context manager: stops before it ends, if it is one that others wait for."""

    def __init__(self, pause: Pause, number: int, manager: AbstractContextManager[Any]) -> None:
        self.manager = manager
        self.error: BaseException | None = None
        self._pause = pause
        self._number = number

    def __enter__(self) -> Any:
        return self.manager.__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        self.error = error
        if hasattr(self.manager, "why_not"):
            self._pause(self._number, sys._getframe(1))
        return self.manager.__exit__(kind, error, trace)


SEEN_THROUGH = frozenset({With.__enter__.__code__, With.__exit__.__code__})
"""Code between a `with` and what it calls; all that it remembers can be looked at."""
