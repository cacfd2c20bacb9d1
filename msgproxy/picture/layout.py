"""The layout of a diagram: where each lane, each moment and each item on a queue is drawn.

Rule: nothing is drawn here. The modules that draw ask a `Layout` for every x and y.

The scale of time keeps order, and never distance. Between threads a microsecond matters and a
second does not: moments close together are drawn far enough apart to be seen, and long times are
left out, with a mark that says how long.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from msgproxy.picture.canvas import cells, shorten, wrap
from msgproxy.picture.timeline import Annotation, Lane, Timeline, Transit

AXIS = 62.0
"""Pixels for the times, at the left edge."""

CELLS = 32
"""Characters of an annotation at most, on either side; in a crowd, CROWD_CELLS."""

CROWD_CELLS = 26

CELL = 7.0
"""Pixels of a character."""

LATER = 100.0
"""Pixels for how much time was left out, where there is nothing else at the left."""

NARROWEST = 560.0

WIDE = 500.0
"""Pixels of all lanes together, even if there are few."""

THREAD = 66.0
QUEUE = 70.0
CROWD = 12
"""With more lanes than this, each is narrower, and its name has two lines."""

NARROW_THREAD, NARROW_QUEUE = 50.0, 58.0

BAR = 7.0
"""Width of one item's bar on a queue, unless there are too many."""

HALF_BOX = 7.0
"""Half the width of a thread's box."""

LINE = 17.0
"""Pixels from one line of text to the next."""

LEGEND_SCALE = "Time runs downwards, not to scale."
LEGEND_BREAKS = "A zigzag marks time left out."
LEGEND_BARS = "A thick bar is an item that waits on a queue."

TALL = 900.0
"""Lanes longer than this many pixels have their names at both ends."""

CLOSEST = 10.0
"""Pixels between two times that follow each other."""

BREAK = 2_000_000
"""Ns without anything after which the picture has a break."""

BREAK_HEIGHT = 38.0

TICK = 30.0
"""Pixels between two ticks, at least."""


class Break(NamedTuple):
    """Time that was left out."""

    y: float
    duration: int


class Scale:
    """Turns times into pixels. Between two of its times it is linear."""

    def __init__(self, times: Sequence[int], rows: Iterable[Iterable[int]]) -> None:
        """`times` are in order. Each of `rows` has the times of the lines in one column of text."""
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
            y = max([y, *(last[number] + LINE for number in here)])
            for number in here:
                last[number] = y
            self._ys.append(y)

    def _step(self, y: float, duration: int) -> float:
        if duration < BREAK:
            return CLOSEST + 5 * math.log10(1 + duration / 10_000)
        self.breaks.append(Break(y + BREAK_HEIGHT / 2, duration))
        return BREAK_HEIGHT

    def move(self, top: float) -> None:
        """Begin at the height `top` instead of 0."""
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
        """Return the first time and every one far enough from the last, with their y."""
        chosen: list[tuple[float, int]] = []
        for time, y in zip(self.times, self._ys, strict=True):
            if not chosen or y - chosen[-1][0] >= TICK:
                chosen.append((y, time))
        return chosen


class Layout:
    """All places of one picture."""

    def __init__(self, timeline: Timeline, title: str, notes: list[str]) -> None:
        self.timeline = timeline
        self.said = [each for each in timeline.annotations if not each.is_outcome]
        self.sent = [each for each in timeline.annotations if each.is_outcome]
        self.is_crowded = len(timeline.lanes) > CROWD
        self.cells = CROWD_CELLS if self.is_crowded else CELLS
        self._ends = {lane.name: lane.end for lane in timeline.lanes if lane.end is not None}
        for span in timeline.spans:  # the last thing that a thread does may end after its last hop
            if span.lane in self._ends:
                self._ends[span.lane] = max(self._ends[span.lane], span.end)
        self._place_lanes()
        self.title = shorten(title, int((self.width - 40) / _character(title, 17)))
        rows = ([each.time for each in column] for column in (self.said, self.sent))
        self.y = Scale(timeline.times(), rows)
        text = " ".join([*(f"{note}." for note in notes), *self._legend()])
        self.notes = wrap(text, int((self.width - 40) / _character(text, 12)))
        self.top = 92 + LINE * len(self.notes)
        self.y.move(self.top + 16)
        self.bottom = self.y.bottom + 22
        self.slots = _slots(timeline.transits)
        self._most: dict[str, int] = {}
        for transit, slot in self.slots.items():
            self._most[transit.queue] = max(self._most.get(transit.queue, 0), slot + 1)
        self.height = self.bottom
        """Grows with what is written below the lanes."""

    def _place_lanes(self) -> None:
        self.left = AXIS + max(self._text_width(self.said), LATER)
        self.x: dict[str, float] = {}
        x = self.left
        for lane in self.timeline.lanes:
            width = self._lane_width(lane)
            self.x[lane.name] = x + width / 2
            x += width
        self.right = x
        self.width = max(x + self._text_width(self.sent) + 14, NARROWEST)

    def _lane_width(self, lane: Lane) -> float:
        if lane.is_queue:
            return self.queue_width
        if self.is_crowded:
            return NARROW_THREAD
        spare = WIDE / len(self.timeline.lanes) - THREAD  # few lanes can be wider
        return THREAD + min(max(spare, 0.0), THREAD)

    @property
    def queue_width(self) -> float:
        """Pixels of a queue's lane."""
        return NARROW_QUEUE if self.is_crowded else QUEUE

    def end(self, lane: str) -> float:
        """Return the y at which a lane ends: its thread or its session has ended there."""
        return self.y(self._ends[lane]) + 4 if lane in self._ends else self.bottom

    def _legend(self) -> list[str]:
        """Say how time is drawn."""
        has_bars = any(transit.queue for transit in self.timeline.transits)
        return [
            LEGEND_SCALE,
            *([LEGEND_BREAKS] if self.y.breaks else []),
            *([LEGEND_BARS] if has_bars else []),
        ]

    def _text_width(self, annotations: list[Annotation]) -> float:
        """Return how many pixels these need, with the gap between them and the lanes."""
        longest = max((cells(shorten(each.text, self.cells)) for each in annotations), default=0)
        return longest * CELL + 24 if longest else 0.0

    def most(self, queue: str) -> int:
        """Return how many items were on a queue at once, as far as they are drawn."""
        return self._most.get(queue, 0)

    def bar(self, transit: Transit) -> tuple[float, float]:
        """Return left and right of an item's bar. The first item is next to the consumer."""
        width = min(BAR, (self.queue_width - 14) / max(self.most(transit.queue), 1))
        right = self.x[transit.queue] + self.queue_width / 2 - 5 - self.slots[transit] * width
        return right - width, right

    def span(self, transit: Transit) -> tuple[float, float]:
        """Return the y of where a transit begins and ends, as far as that was recorded."""
        began = _began(transit)
        start = self.top + 2 if began is None else self.y(began)
        return start, self.bottom - 8 if transit.got is None else self.y(transit.got)

    def lead(self, annotation: Annotation) -> tuple[float, float]:
        """Return both ends of the line that leads from a lane to its annotation."""
        x = self.x.get(annotation.lane, self.left)
        return (x, self.right + 4) if annotation.is_outcome else (self.left - 4, x)


def _character(text: str, size: float) -> float:
    """Return how wide a character of a text may be, in a proportional font."""
    capitals = sum(character.isupper() for character in text)
    return size * 1.15 if capitals > len(text) / 3 else size * 0.6


def _began(transit: Transit) -> int | None:
    """Return the time from which an item is drawn on its queue, if that was recorded."""
    if transit.put is None and transit.end == "lost":
        return transit.got  # perhaps it was dropped as soon as it was put
    return transit.put


def _slots(transits: tuple[Transit, ...]) -> dict[Transit, int]:
    """Give each item the lowest place on its queue that is free when it is put there."""
    slots: dict[Transit, int] = {}
    taken: dict[str, dict[int, Transit]] = {}
    for transit in sorted(transits, key=lambda each: (_began(each) or 0, each.got or 0)):
        if not transit.queue or transit.end == "full":
            continue
        places = taken.setdefault(transit.queue, {})
        for place, other in list(places.items()):
            if other.got is not None and other.got <= (_began(transit) or 0):
                del places[place]
        place = next(n for n in range(len(places) + 1) if n not in places)
        places[place] = transit
        slots[transit] = place
    return slots
