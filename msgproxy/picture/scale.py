"""The scale of a diagram: where in the picture a time stands.

Rule: order is kept, and never a distance. Of threads, a microsecond matters and a second does
not: so what follows soon stands apart enough to be seen, and long times are left out, with a
mark that says how long.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

CLOSEST = 10.0
"""Pixels between two times that follow each other."""

BREAK = 2_000_000
"""Ns without anything after which the picture has a break."""

BREAK_HEIGHT = 38.0

ROW = 17.0
"""Pixels that a line of text needs."""

TICK = 30.0
"""Pixels between two ticks, at the least."""


class Break(NamedTuple):
    """A time that was left out."""

    y: float
    duration: int


class Scale:
    """Times to pixels. Between two times that were given to it, it is linear."""

    def __init__(self, times: Sequence[int], rows: Iterable[Iterable[int]]) -> None:
        """`times` are in order. Each of `rows` is a column of text: the times of its lines."""
        self.times = times
        self.breaks: list[Break] = []
        self._ys: list[float] = []
        columns = [set(column) for column in rows]
        last = [-math.inf for _ in columns]
        y = 0.0
        for place, time in enumerate(times):
            if place:
                y += self._step(y, time - times[place - 1])
            here = [number for number, column in enumerate(columns) if time in column]
            y = max([y, *(last[number] + ROW for number in here)])
            for number in here:
                last[number] = y
            self._ys.append(y)

    def _step(self, y: float, duration: int) -> float:
        if duration < BREAK:
            return CLOSEST + 5 * math.log10(1 + duration / 10_000)
        self.breaks.append(Break(y + BREAK_HEIGHT / 2, duration))
        return BREAK_HEIGHT

    def move(self, top: float) -> None:
        """Begin at another height than 0."""
        self._ys = [y + top for y in self._ys]
        self.breaks = [Break(y + top, duration) for y, duration in self.breaks]

    def __call__(self, time: int) -> float:
        """Return the y of a time."""
        after = bisect.bisect_left(self.times, time)
        if after == len(self.times):
            return self.bottom
        if after == 0 or self.times[after] == time:
            return self._ys[after]
        low, high = self.times[after - 1 : after + 1]
        part = (time - low) / (high - low)
        return self._ys[after - 1] * (1 - part) + self._ys[after] * part

    @property
    def bottom(self) -> float:
        """The y of the last time."""
        return self._ys[-1] if self._ys else 0.0

    def ticks(self) -> list[tuple[float, int]]:
        """Return some of the times, with their y: the first, and such as are apart enough."""
        chosen: list[tuple[float, int]] = []
        for time, y in zip(self.times, self._ys, strict=True):
            if not chosen or y - chosen[-1][0] >= TICK:
                chosen.append((y, time))
        return chosen
