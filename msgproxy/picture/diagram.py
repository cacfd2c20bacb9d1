"""Space-time diagrams: a picture of a run, as SVG.

Rule: a picture needs nothing but itself: no script, no font, no other file. So it can be put into
a page, a notebook or a README.

Time runs downwards, and each thread has a line. An item crosses from thread to thread by way of a
queue: the length of its bar shows how long it waits there, and the number of bars how many wait.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from msgproxy.picture.canvas import Canvas, clean, element
from msgproxy.picture.draw_events import draw_events
from msgproxy.picture.draw_labels import draw_background, draw_labels
from msgproxy.picture.from_hops import excerpt, timeline_from_hops
from msgproxy.picture.layout import Layout
from msgproxy.picture.palette import ROOT, css
from msgproxy.picture.timeline import Timeline
from msgproxy.tracing.hops import Hop

MESSAGES = 40
"""Messages of a recording that are drawn: the last ones."""

CLIENTS = 5
"""Clients that are drawn: those that say most. More would not fit on a screen."""


class Picture(str):
    """An SVG document. It is a `str`, ready to be written to a file; Jupyter displays it."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        """Be part of the page, not an image in it: so it follows the theme, and can be scrolled."""
        return f'<div style="overflow-x:auto">{self}</div>'

    def __repr__(self) -> str:
        return f"<Picture, {len(self)} characters of SVG>"


def draw(
    run: Timeline | Iterable[Hop],
    *,
    title: str = "Messages from thread to thread",
    caption: str = "",
    messages: int = MESSAGES,
    clients: int = CLIENTS,
) -> Picture:
    """Draw a run: a timeline, or of a recording the last `messages` and the busiest `clients`."""
    title, notes = clean(title), [clean(caption)] if caption else []
    if not isinstance(run, Timeline):
        part = excerpt(list(run), messages, clients)
        notes += part.left_out
        run = timeline_from_hops(part.hops)
    layout = Layout(run, title, notes)
    canvas = Canvas()
    draw_background(canvas, layout)
    draw_events(canvas, layout)
    draw_labels(canvas, layout)
    return Picture(_document(canvas, layout, title, _in_words(run, notes)))


def _document(canvas: Canvas, layout: Layout, title: str, words: str) -> str:
    name = hashlib.sha256("".join([title, words, *canvas.parts]).encode()).hexdigest()[:8]
    width, height = f"{layout.width:.0f}", f"{layout.height:.0f}"
    return element(
        "svg",
        element("title", text=title, id=f"title-{name}"),
        element("desc", text=words, id=f"desc-{name}"),
        f"<style>{css()}</style>",
        *canvas.parts,
        xmlns="http://www.w3.org/2000/svg",
        class_=ROOT[1:],
        role="img",
        aria_labelledby=f"title-{name} desc-{name}",
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
    )


def _in_words(timeline: Timeline, notes: list[str]) -> str:
    """Describe the run for readers who cannot see the picture."""
    sentences = [clean(f"{each.sentence}.") for each in timeline.annotations]
    return " ".join([*(f"{note}." for note in notes), *sentences]) or "Nothing has happened."
