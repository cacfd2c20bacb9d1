"""The layout of a diagram: which column stands where, and which place in a queue is whose.

Rule: nothing is drawn here. Who draws asks here for every x and y.
"""

from __future__ import annotations

from msgproxy.picture.canvas import cells, shorten, wrap
from msgproxy.picture.scale import Scale
from msgproxy.picture.timeline import Flight, Mark, Timeline

AXIS = 62.0
"""Pixels for the times, at the left edge."""

CELLS = 32
"""Characters for what is said, and as many for what is sent, at the most."""

CELL = 7.0
"""Pixels of a character."""

LATER = 100.0
"""Pixels for how much time was left out, where nothing else stands to the left."""

NARROWEST = 560.0

WIDE = 500.0
"""Pixels that the lanes take, even if they are few."""

THREAD = 66.0
QUEUE = 70.0
BAR = 7.0
"""Width of one item's bar on a queue, unless there are too many."""

HALF_BOX = 7.0
"""Half the width of a thread's box."""

LINE = 17.0
"""Pixels from one line of text to the next."""

HONEST = "Time runs downwards, not to scale."
BREAKS = "A zigzag stands for time left out."
BARS = "A thick bar is an item that waits on a queue."

TALL = 900.0
"""Pixels of the lanes above which their names stand at both ends."""


class Layout:
    """All places of one picture."""

    def __init__(self, timeline: Timeline, title: str, notes: list[str]) -> None:
        self.timeline = timeline
        marks = timeline.marks
        self.said = [mark for mark in marks if not mark.is_outcome]
        self.sent = [mark for mark in marks if mark.is_outcome]
        self._place_lanes()
        self.title = shorten(title, int((self.width - 40) / _character(title, 17)))
        rows = ([mark.time for mark in column] for column in (self.said, self.sent))
        self.y = Scale(timeline.times(), rows)
        text = " ".join([*(f"{note}." for note in notes), *self._legend()])
        self.notes = wrap(text, int((self.width - 40) / _character(text, 12)))
        self.top = 92 + LINE * len(self.notes)
        self.y.move(self.top + 16)
        self.bottom = self.y.bottom + 22
        self.slots = _slots(timeline.flights)
        self._most: dict[str, int] = {}
        for flight, slot in self.slots.items():
            self._most[flight.queue] = max(self._most.get(flight.queue, 0), slot + 1)
        self.height = self.bottom
        """Grows with what is written below the lanes."""

    def _place_lanes(self) -> None:
        self.left = AXIS + max(_width(self.said), LATER)
        self.x: dict[str, float] = {}
        x = self.left
        for lane in self.timeline.lanes:
            width = QUEUE if lane.is_queue else THREAD + self._spare()
            self.x[lane.name] = x + width / 2
            x += width
        self.right = x
        self.width = max(x + _width(self.sent) + 14, NARROWEST)

    def _spare(self) -> float:
        """Return by how much lanes can be wider, where there are few of them."""
        lanes = self.timeline.lanes
        return min(max(WIDE / max(len(lanes), 1) - THREAD, 0.0), THREAD)

    def _legend(self) -> list[str]:
        """Say how time is drawn."""
        has_bars = any(flight.queue for flight in self.timeline.flights)
        return [HONEST, *([BREAKS] if self.y.breaks else []), *([BARS] if has_bars else [])]

    def most(self, queue: str) -> int:
        """Return how many items were on a queue at a time, as far as they are drawn."""
        return self._most.get(queue, 0)

    def bar(self, flight: Flight) -> tuple[float, float]:
        """Return the left and the right of an item's bar: the first is next to the taker."""
        width = min(BAR, (QUEUE - 14) / max(self.most(flight.queue), 1))
        right = self.x[flight.queue] + QUEUE / 2 - 5 - self.slots[flight] * width
        return right - width, right

    def span(self, flight: Flight) -> tuple[float, float]:
        """Return the y of where a flight begins and ends, as far as that was seen."""
        start = self.top + 2 if flight.put is None else self.y(flight.put)
        if flight.put is None and flight.end == "lost" and flight.got is not None:
            start = self.y(flight.got)  # perhaps it was thrown away as soon as it was put
        return start, self.bottom - 8 if flight.got is None else self.y(flight.got)

    def lead(self, mark: Mark) -> tuple[float, float]:
        """Return from where to where a line leads, between a lane and what is told of it."""
        x = self.x.get(mark.lane, self.left)
        return (x, self.right + 4) if mark.is_outcome else (self.left - 4, x)


def _character(text: str, size: float) -> float:
    """Return how wide a character of a text may be, in a proportional font."""
    capitals = sum(character.isupper() for character in text)
    return size * 1.15 if capitals > len(text) / 3 else size * 0.6


def _width(marks: list[Mark]) -> float:
    """Return how many pixels these words need, with what is between them and the lanes."""
    longest = max((cells(shorten(mark.text, CELLS)) for mark in marks), default=0)
    return longest * CELL + 24 if longest else 0.0


def _slots(flights: tuple[Flight, ...]) -> dict[Flight, int]:
    """Give each item on a queue the lowest place that is free, when it is put there."""
    slots: dict[Flight, int] = {}
    taken: dict[str, dict[int, Flight]] = {}
    for flight in sorted(flights, key=lambda each: (each.put or 0, each.got or 0)):
        if not flight.queue or flight.end == "full":
            continue
        places = taken.setdefault(flight.queue, {})
        for place, other in list(places.items()):
            if other.got is not None and other.got <= (flight.put or 0):
                del places[place]
        place = next(n for n in range(len(places) + 1) if n not in places)
        places[place] = flight
        slots[flight] = place
    return slots
