"""A timeline in Chrome's trace event format, which Perfetto shows (https://ui.perfetto.dev).

Rule: what a thread does is a slice; the slices of a thread follow one another or are nested. The
way of a message is a flow: an arrow from the slice in which it is put to the one in which it is
got. (A viewer drops a flow whose ends are in no slice.)
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterator
from typing import Any

from msgproxy.picture.timeline import Timeline

Event = dict[str, Any]

PROCESS = 1
"""Pid of the server in the trace."""

SHORT = 1000
"""Ns that the slice of a put lasts, unless the thread does something else earlier."""


def trace_events(timeline: Timeline) -> dict[str, Any]:
    """Return a timeline as a JSON object in Chrome's trace event format."""
    threads = [lane.name for lane in timeline.lanes if not lane.is_queue]
    numbers = {name: number for number, name in enumerate(threads, 1)}
    writer = _Writer(timeline, numbers)
    events = [*writer.names(), *writer.slices(), *writer.flows(), *writer.counters()]
    return {"traceEvents": events, "displayTimeUnit": "ns"}


class _Writer:
    """Writes the events of one timeline."""

    def __init__(self, timeline: Timeline, numbers: dict[str, int]) -> None:
        self._timeline = timeline
        self._numbers = numbers
        self._start = min(timeline.times(), default=0)
        self._steps: dict[str, list[int]] = {}
        """By thread, the times of its steps."""

    def names(self) -> Iterator[Event]:
        yield self._event("M", "process_name", args={"name": "msgproxy"})
        for name, number in self._numbers.items():
            yield self._event("M", "thread_name", tid=number, args={"name": name})
            yield self._event("M", "thread_sort_index", tid=number, args={"sort_index": number})

    def slices(self) -> Iterator[Event]:
        for span in self._timeline.spans:
            what = f"waits for {span.waits_for}" if span.kind == "waits" else span.kind
            duration = max(span.end - span.start, 1)
            items = list(map(str, span.items))
            yield self._slice(span.lane, span.start, duration, what, items)
        puts: dict[tuple[str, int, str], list[str]] = {}
        for transit in self._timeline.transits:
            if transit.put is not None and transit.source in self._numbers:
                key = (transit.source, transit.put, transit.queue)
                puts.setdefault(key, []).append(str(transit.item))
        for (source, time, queue), items in puts.items():
            yield self._slice(source, time, self._room(source, time), f"put on {queue}", items)

    def flows(self) -> Iterator[Event]:
        ids = itertools.count(1)
        for transit in self._timeline.transits:
            if transit.end != "got" or transit.put is None or transit.got is None:
                continue
            if {transit.source, transit.target} <= self._numbers.keys():
                flow = {"cat": "message", "id": next(ids)}
                source, target = self._numbers[transit.source], self._numbers[transit.target]
                name = f"{transit.item} through {transit.queue or 'the network'}"
                yield self._event("s", name, transit.put, tid=source, **flow)
                yield self._event("f", name, transit.got, tid=target, bp="e", **flow)

    def counters(self) -> Iterator[Event]:
        for queue, levels in self._timeline.levels.items():
            for level in levels:
                yield self._event("C", f"{queue}: items", level.time, args={"items": level.depth})
                yield self._event("C", f"{queue}: bytes", level.time, args={"bytes": level.size})

    def _room(self, thread: str, time: int) -> int:
        """Return how long the slice of a put can be: it ends before the thread's next step."""
        if thread not in self._steps:
            self._steps[thread] = self._steps_of(thread)
        steps = self._steps[thread]
        after = bisect.bisect_right(steps, time)
        return min(SHORT, steps[after] - time) if after < len(steps) else SHORT

    def _steps_of(self, thread: str) -> list[int]:
        steps = {f.put for f in self._timeline.transits if f.source == thread and f.put is not None}
        for span in self._timeline.spans:
            if span.lane == thread:
                steps |= {span.start, span.end}
        return sorted(steps)

    def _slice(self, thread: str, time: int, duration: int, what: str, items: list[str]) -> Event:
        name = f"{what}: {', '.join(items[:3])}{'…' if len(items) > 3 else ''}"
        tid = self._numbers[thread]
        return self._event("X", name, time, tid=tid, dur=duration / 1000, args={"items": items})

    def _event(self, kind: str, name: str, time: int | None = None, **fields: Any) -> Event:
        """Times are in µs, with a fraction."""
        event = {"ph": kind, "pid": PROCESS, "name": name, **fields}
        return event if time is None else event | {"ts": (time - self._start) / 1000}
