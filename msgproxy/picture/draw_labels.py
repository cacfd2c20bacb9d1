"""The background and the labels of a diagram: lanes, names, times, words, the legend.

Rule: text is at the edges, where no line crosses it.
"""

from __future__ import annotations

from msgproxy.picture.canvas import Canvas, cells, shorten
from msgproxy.picture.layout import AXIS, HALF_BOX, LINE, TALL, Layout
from msgproxy.picture.palette import WAITS, colour
from msgproxy.picture.timeline import Lane, Timeline, in_words, name_of, sender, senders

LEGEND = 7.0
"""Pixels of a character in the legend, about."""


def draw_background(canvas: Canvas, layout: Layout) -> None:
    """Draw everything that is below the events."""
    canvas.add("rect", width="100%", height="100%", rx=8, class_="paper")
    for lane in layout.timeline.lanes:
        x, end = layout.x[lane.name], layout.end(lane.name)
        if lane.is_queue:
            half = layout.queue_width / 2 - 2
            canvas.rect((x - half, layout.top, x + half, end), "track", round_=4, solid=False)
        else:
            canvas.line(x, layout.top, x, end, "lane")
            if lane.end is not None:
                canvas.line(x - HALF_BOX, end, x + HALF_BOX, end, "over", f"{lane.name} has ended")
        _draw_name(canvas, layout, lane)
    for annotation in layout.timeline.annotations:
        y = layout.y(annotation.time)
        start, end = layout.lead(annotation)
        canvas.line(start, y, end, y, f"lead l{colour(senders(annotation.items))}")
        canvas.take(layout.right + 6, y - 8, layout.width, y + 8)
    for each in layout.y.breaks:
        canvas.take(AXIS, each.y - 8, layout.right, each.y + 8)


def draw_labels(canvas: Canvas, layout: Layout) -> None:
    """Draw the texts, and the zigzags through all lanes. Last: sets the picture's height."""
    for each in layout.y.breaks:
        _draw_break(canvas, layout, each.y)
        later = f"{in_words(each.duration)} later"
        canvas.text(layout.left - 10, each.y + 4, later, "mono d i", text_anchor="end")
    _draw_ticks(canvas, layout)
    _draw_annotations(canvas, layout)
    canvas.text(20.0, 32.0, layout.title, "t")
    for number, note in enumerate(layout.notes):
        canvas.text(20.0, 52.0 + LINE * number, note, "c soft")
    _draw_legend(canvas, layout)


def _draw_name(canvas: Canvas, layout: Layout, lane: Lane) -> None:
    """Write a lane's name; where lanes are narrow, its number is in the second line."""
    x, style = layout.x[lane.name], "q" if lane.is_queue else "n"
    most = layout.most(lane.name) if lane.is_queue else 0
    if layout.is_crowded:
        name, _, number = lane.name.partition("-")
        lines = [(shorten(name, 8), style), (shorten(number, 8), style)]
    else:
        note = f"up to {most} wait" if most > 1 else shorten(lane.note, 12)
        lines = [(shorten(lane.name, 12), style), (note, "d")]
    for (text, class_), y in zip(lines, (layout.top - 22, layout.top - 8), strict=True):
        canvas.text(x, y, text, class_, text_anchor="middle")
    if layout.bottom - layout.top > TALL:
        foot = layout.bottom + 14
        canvas.text(x, foot, lines[0][0], style, text_anchor="middle")
        if layout.is_crowded:
            canvas.text(x, foot + 13, lines[1][0], style, text_anchor="middle")


def _draw_break(canvas: Canvas, layout: Layout, y: float) -> None:
    left, right = layout.left - 6, layout.right + 6
    step, teeth = 8.0, []
    x, up = left, 1
    while x + step <= right:
        x, up = x + step, -up
        teeth.append(f"{x:.1f} {y + 3 * up:.1f}")
    line = "L".join([f"{left:.1f} {y:.1f}", *teeth])
    canvas.add("path", d=f"M{line}", class_="halo", style="stroke-width:7")
    canvas.add("path", d=f"M{line}", class_="zig")


def _draw_ticks(canvas: Canvas, layout: Layout) -> None:
    start = layout.y.times[0] if layout.y.times else 0
    gaps = [each.y for each in layout.y.breaks]
    before = ""
    for y, time in layout.y.ticks():
        text = in_words(time - start, 4) if time > start else "0"
        if text != before and all(abs(y - gap) > 14 for gap in gaps):
            canvas.text(AXIS - 8, y + 4, text, "mono d", text_anchor="end")
            canvas.line(AXIS - 4, y, AXIS, y, "lane")
            before = text


def _draw_annotations(canvas: Canvas, layout: Layout) -> None:
    for each in layout.timeline.annotations:
        y = layout.y(each.time) + 4
        kind = "mono k" if any(sender(item) is not None for item in each.items) else "mono k soft"
        text = shorten(each.text, layout.cells)
        if each.is_outcome:
            canvas.text(layout.right + 10, y, text, kind)
        else:
            canvas.text(layout.left - 10, y, text, kind, text_anchor="end")


def _draw_legend(canvas: Canvas, layout: Layout) -> None:
    below = 26 if layout.bottom - layout.top <= TALL else 57 if layout.is_crowded else 44
    x, y = 20.0, layout.bottom + below
    for kind, text in _legend_entries(layout.timeline):
        width = 22 + cells(text) * LEGEND
        if x > 20 and x + width > layout.width - 20:
            x, y = 20.0, y + LINE + 3
        _draw_key(canvas, x, y, kind)
        canvas.text(x + 20, y + 4, text, "c soft")
        x += width + 14
    layout.height = y + 20


def _legend_entries(timeline: Timeline) -> list[tuple[str, str]]:
    """Return style and meaning of everything that this picture shows."""
    numbers = sorted({n for each in timeline.transits if (n := sender(each.item)) is not None})
    entries = [(f"f{colour({n})}", f"sent by {name_of(n)}") for n in numbers[:12]]
    kinds = {span.kind for span in timeline.spans}
    if any(sender(transit.item) is None for transit in timeline.transits):
        entries.append(("fnone", "no message: a join, a pong, a Close frame"))
    if kinds & {"works", "sends"}:
        entries.append(("box", "a thread at work"))
    if "holds" in kinds:
        entries.append(("hold", "a thread holds the lock"))
    entries += [
        (style, f"waits for {what}")
        for style, what in zip(WAITS, timeline.waited_for(), strict=False)
    ]
    if any(transit.end in ("full", "lost") for transit in timeline.transits):
        entries.append(("cross", "refused, or dropped"))
    ended = {lane.name for lane in timeline.lanes if lane.end is not None}
    if any(span.is_open and span.lane not in ended for span in timeline.spans):
        entries.append(("box late", "still going on at the end of the recording"))
    if any(lane.end is not None and not lane.is_queue for lane in timeline.lanes):
        entries.append(("over", "a thread has ended"))
    return entries


def _draw_key(canvas: Canvas, x: float, y: float, kind: str) -> None:
    if kind == "cross":
        canvas.add("path", d=f"M{x + 3:.1f} {y - 4:.1f}l8 8m0 -8l-8 8", class_=kind)
    elif kind == "over":
        canvas.line(x + 7, y - 6, x + 7, y + 4, "lane")
        canvas.line(x + 7 - HALF_BOX, y + 4, x + 7 + HALF_BOX, y + 4, kind)
    else:
        half = 4.0 if kind.startswith("f") else HALF_BOX
        canvas.rect((x + 7 - half, y - 6, x + 7 + half, y + 6), kind, round_=3)
