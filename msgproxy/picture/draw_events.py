"""The events of a diagram: what threads do, and what crosses between them.

Rule: first the lines, then the boxes on them, last the small labels, each only where it covers
nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from msgproxy.picture.canvas import Canvas
from msgproxy.picture.layout import HALF_BOX, Layout
from msgproxy.picture.palette import WAITS, colour
from msgproxy.picture.timeline import Span, Transit, in_words, senders

HEAD = 6.0
"""Length of an arrow's head."""

Group = tuple[str, str, str, int, str]
"""Source, queue, target, time, and how it left the queue. What does not matter is ""."""


def draw_events(canvas: Canvas, layout: Layout) -> None:
    """Draw all transits and spans."""
    transits = layout.timeline.transits
    for (source, queue, *_), put in _together(transits, "put"):
        _draw_put(canvas, layout, source, queue, put)
    for transit in transits:
        if not transit.queue:
            _draw_direct(canvas, layout, transit)
        elif transit in layout.slots:
            _draw_bar(canvas, layout, transit)
    for span in layout.timeline.spans:
        _draw_span(canvas, layout, span)
    for (_, queue, target, *_), got in _together(transits, "got"):
        _draw_get(canvas, layout, queue, target, got)
    for span in layout.timeline.spans:
        _label_span(canvas, layout, span)


def _together(transits: Iterable[Transit], what: str) -> list[tuple[Group, list[Transit]]]:
    """Group the items that one thread put on a queue, or got from it, at one time."""
    groups: dict[Group, list[Transit]] = defaultdict(list)
    for transit in transits:
        time = transit.put if what == "put" else transit.got
        if not transit.queue or time is None:
            continue
        group = (
            (transit.source, transit.queue, "", time, "")
            if what == "put"
            else ("", transit.queue, transit.target, time, transit.end)
        )
        groups[group].append(transit)
    return sorted(groups.items(), key=lambda group: group[0][3])


def _draw_put(canvas: Canvas, layout: Layout, source: str, queue: str, put: list[Transit]) -> None:
    y = layout.span(put[0])[0]
    kind = colour(senders(tuple(transit.item for transit in put)))
    tip = f"{source} puts {_names(put)} on {queue}"
    start = layout.x.get(source, layout.left)
    refused = put[0].end == "full"
    if refused:
        end = layout.x[queue] - layout.queue_width / 2 + 6
        tip = f"{queue} is full, and refuses {_names(put)} from {source}"
    else:
        bars = [layout.bar(transit) for transit in put]
        end = (
            min(left for left, _ in bars) if start < bars[0][0] else max(right for _, right in bars)
        )
    canvas.line(start, y, end, y, "halo")
    canvas.line(start, y, end, y, f"go l{kind}", tip)
    canvas.add("circle", cx=start, cy=y, r=2.6, class_=f"f{kind}")
    if refused:
        _cross(canvas, end, y)


def _draw_bar(canvas: Canvas, layout: Layout, transit: Transit) -> None:
    left, right = layout.bar(transit)
    top, bottom = layout.span(transit)
    gap = min(1.0, (right - left) / 5)
    waited = "" if transit.waited is None else f" {in_words(transit.waited)}"
    how = {"waiting": ", and is still there", "lost": ", and is dropped"}.get(transit.end, "")
    tip = f"{transit.item} waits{waited} on {transit.queue}{how}"
    kind = colour(senders((transit.item,)))
    is_whole = transit.put is not None and transit.got is not None
    box = (left + gap, top - 1, right - gap, bottom + 1)
    canvas.rect(box, f"f{kind}" if is_whole else f"f{kind} late", tip, round_=min(2.0, gap * 2))
    if transit.end == "lost":
        _cross(canvas, (left + right) / 2, bottom)


def _draw_get(canvas: Canvas, layout: Layout, queue: str, target: str, got: list[Transit]) -> None:
    if got[0].end != "got" or target not in layout.x:
        return
    y = layout.span(got[0])[1]
    kind = colour(senders(tuple(transit.item for transit in got)))
    start = max(right for _, right in map(layout.bar, got)) - 1
    end = layout.x[target] - HALF_BOX
    tip = f"{target} gets {_names(got)} from {queue}"
    canvas.line(start, y, end - HEAD, y, f"go l{kind}", tip)
    if len(got) > 1:  # all of them are taken at once
        canvas.line(min(left for left, _ in map(layout.bar, got)), y, start, y, f"go l{kind}")
    canvas.add("path", d=_head(end, y, 1), class_=f"f{kind}")
    last = min(got, key=lambda transit: layout.bar(transit)[0])
    top, left = layout.span(last)[0], layout.bar(last)[0]
    if last.waited is not None and y - top > 11:
        canvas.label(left - 4, (top + y) / 2, in_words(last.waited), 10, "mono d", "end")


def _draw_direct(canvas: Canvas, layout: Layout, transit: Transit) -> None:
    """Draw an item that crosses without a queue: a message on a socket, say."""
    top, bottom = layout.span(transit)
    start, end = (
        layout.x.get(transit.source, layout.left),
        layout.x.get(transit.target, layout.right),
    )
    kind = colour(senders((transit.item,)))
    side = 1 if end > start else -1
    end -= side * HALF_BOX
    tip = f"{transit.item} from {transit.source} to {transit.target}"
    canvas.line(start, top, end - side * HEAD, bottom, "halo")
    canvas.line(start, top, end - side * HEAD, bottom, f"go l{kind}", tip)
    canvas.add("path", d=_head(end, bottom, side), class_=f"f{kind}")


def _draw_span(canvas: Canvas, layout: Layout, span: Span) -> None:
    x, top, bottom = layout.x[span.lane], layout.y(span.start), layout.y(span.end)
    if span.is_open and bottom - top < 6:
        bottom = top + 6
    waits = f"waits for {span.waits_for} with"
    verbs = {"waits": waits, "sends": "sends", "works": "works on", "holds": "is held by"}
    what = verbs[span.kind]
    tip = f"{span.lane} {what} {', '.join(map(str, span.items))}: {in_words(span.end - span.start)}"
    box = (x - HALF_BOX, top, x + HALF_BOX, bottom)
    kind = {"holds": "hold"}.get(span.kind, "box")
    if span.kind == "waits":
        kind = WAITS[min(layout.timeline.waited_for().index(span.waits_for), len(WAITS) - 1)]
    canvas.rect(box, f"{kind} late" if span.is_open else kind, tip, round_=3)


def _label_span(canvas: Canvas, layout: Layout, span: Span) -> None:
    top, bottom = layout.y(span.start), layout.y(span.end)
    if bottom - top > 12 and not span.is_open:
        x = layout.x[span.lane] + HALF_BOX + 4
        canvas.label(x, (top + bottom) / 2, in_words(span.end - span.start), 10, "mono d", "start")


def _head(x: float, y: float, side: int) -> str:
    back = x - side * (HEAD + 1)
    return f"M{x:.1f} {y:.1f}L{back:.1f} {y - 3.6:.1f}L{back:.1f} {y + 3.6:.1f}Z"


def _cross(canvas: Canvas, x: float, y: float) -> None:
    d = f"M{x - 4:.1f} {y - 4:.1f}l8 8m0 -8l-8 8"
    canvas.add("path", d=d, class_="cross")
    canvas.take(x - 5, y - 5, x + 5, y + 5)


def _names(transits: list[Transit]) -> str:
    return ", ".join(str(transit.item) for transit in transits)
