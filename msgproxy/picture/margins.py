"""The margins of a diagram: lanes and their names, times, words at the edges, the legend.

Rule: what one reads stands outside of where the lines are.
"""

from __future__ import annotations

from msgproxy.picture.canvas import Canvas, cells, shorten
from msgproxy.picture.layout import AXIS, CELLS, HALF_BOX, LINE, QUEUE, TALL, Layout
from msgproxy.picture.palette import colour
from msgproxy.picture.timeline import Lane, in_words, sender, senders

LEGEND = 7.0
"""Pixels of a character in the legend, about."""


def behind(canvas: Canvas, layout: Layout) -> None:
    """Draw what stands behind all else."""
    canvas.add("rect", width="100%", height="100%", rx=8, class_="paper")
    for lane in layout.timeline.lanes:
        x = layout.x[lane.name]
        if lane.is_queue:
            box = (x - QUEUE / 2 + 2, layout.top, x + QUEUE / 2 - 2, layout.bottom)
            canvas.rect(box, "track", round_=4, solid=False)
        else:
            canvas.line(x, layout.top, x, layout.bottom, "lane")
        _name(canvas, layout, lane)
    for mark in layout.timeline.marks:
        y = layout.y(mark.time)
        start, end = layout.lead(mark)
        canvas.line(start, y, end, y, f"lead l{colour(senders(mark.items))}")
        canvas.take(layout.right + 6, y - 8, layout.width, y + 8)
    for each in layout.y.breaks:
        canvas.take(AXIS, each.y - 8, layout.right, each.y + 8)


def around(canvas: Canvas, layout: Layout) -> None:
    """Draw what stands around it, and what goes through all of it."""
    for each in layout.y.breaks:
        _break(canvas, layout, each.y)
        later = f"{in_words(each.duration)} later"
        canvas.text(layout.left - 10, each.y + 4, later, "mono d i", text_anchor="end")
    _ticks(canvas, layout)
    _words(canvas, layout)
    canvas.text(20.0, 32.0, layout.title, "t")
    for number, note in enumerate(layout.notes):
        canvas.text(20.0, 52.0 + LINE * number, note, "c soft")
    _legend(canvas, layout)


def _name(canvas: Canvas, layout: Layout, lane: Lane) -> None:
    x, style = layout.x[lane.name], "q" if lane.is_queue else "n"
    name = shorten(lane.name, 12)
    canvas.text(x, layout.top - 22, name, style, text_anchor="middle")
    most = layout.most(lane.name) if lane.is_queue else 0
    note = f"up to {most} wait" if most > 1 else shorten(lane.note, 12)
    canvas.text(x, layout.top - 8, note, "d", text_anchor="middle")
    if layout.bottom - layout.top > TALL:
        canvas.text(x, layout.bottom + 14, name, style, text_anchor="middle")


def _break(canvas: Canvas, layout: Layout, y: float) -> None:
    left, right = layout.left - 6, layout.right + 6
    step, teeth = 8.0, []
    x, up = left, 1
    while x + step <= right:
        x, up = x + step, -up
        teeth.append(f"{x:.1f} {y + 3 * up:.1f}")
    line = "L".join([f"{left:.1f} {y:.1f}", *teeth])
    canvas.add("path", d=f"M{line}", class_="halo", style="stroke-width:7")
    canvas.add("path", d=f"M{line}", class_="zig")


def _ticks(canvas: Canvas, layout: Layout) -> None:
    start = layout.y.times[0] if layout.y.times else 0
    gaps = [each.y for each in layout.y.breaks]
    before = ""
    for y, time in layout.y.ticks():
        text = in_words(time - start, 4) if time > start else "0"
        if text != before and all(abs(y - gap) > 14 for gap in gaps):
            canvas.text(AXIS - 8, y + 4, text, "mono d", text_anchor="end")
            canvas.line(AXIS - 4, y, AXIS, y, "lane")
            before = text


def _words(canvas: Canvas, layout: Layout) -> None:
    for mark in layout.timeline.marks:
        y = layout.y(mark.time) + 4
        kind = "mono k" if any(sender(item) is not None for item in mark.items) else "mono k soft"
        text = shorten(mark.text, CELLS)
        if mark.is_outcome:
            canvas.text(layout.right + 10, y, text, kind)
        else:
            canvas.text(layout.left - 10, y, text, kind, text_anchor="end")


def _legend(canvas: Canvas, layout: Layout) -> None:
    flights = layout.timeline.flights
    numbers = sorted({n for flight in flights if (n := sender(flight.item)) is not None})
    entries = [(f"f{colour({n})}", f"said by client {n}") for n in numbers[:12]]
    kinds = {span.kind for span in layout.timeline.spans}
    if any(sender(flight.item) is None for flight in flights):
        entries.append(("fnone", "no message: a join, a pong, a goodbye"))
    if kinds & {"works", "sends"}:
        entries.append(("box", "a thread at work"))
    if "waits" in kinds:
        entries.append(("wait", f"waits for {layout.timeline.waits_for}"))
    if any(flight.end in ("full", "lost") for flight in flights):
        entries.append(("cross", "refused, or thrown away"))
    if any(span.is_open for span in layout.timeline.spans):
        entries.append(("box late", "its end was not seen"))
    below = 44 if layout.bottom - layout.top > TALL else 26
    x, y = 20.0, layout.bottom + below
    for kind, text in entries:
        width = 22 + cells(text) * LEGEND
        if x > 20 and x + width > layout.width - 20:
            x, y = 20.0, y + LINE + 3
        _key(canvas, x, y, kind)
        canvas.text(x + 20, y + 4, text, "c soft")
        x += width + 14
    layout.height = y + 20


def _key(canvas: Canvas, x: float, y: float, kind: str) -> None:
    if kind == "cross":
        canvas.add("path", d=f"M{x + 3:.1f} {y - 4:.1f}l8 8m0 -8l-8 8", class_=kind)
    else:
        half = HALF_BOX if kind in ("box", "wait", "box late") else 4.0
        canvas.rect((x + 7 - half, y - 6, x + 7 + half, y + 6), kind, round_=3)
