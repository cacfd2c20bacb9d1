"""Space-time diagrams: a picture of a run, as SVG.

Rule: a picture needs nothing but itself: no script, no font, no file from elsewhere. So it can
be put into a page, a notebook or a README.

Time runs downwards, and each thread has a line. What it has to do with others crosses to them,
by way of a queue: how long it waits there is how long its bar is, and how much waits with it is
how many bars there are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from msgproxy.picture import margins, strokes
from msgproxy.picture.canvas import Canvas, clean, element
from msgproxy.picture.excerpt import excerpt
from msgproxy.picture.layout import Layout
from msgproxy.picture.palette import ROOT, css
from msgproxy.picture.retrace import retrace
from msgproxy.picture.timeline import Timeline
from msgproxy.tracing.hops import Hop

MESSAGES = 40
"""Of a recording, the last messages are drawn: so many."""

CLIENTS = 8
"""And so many clients, those who say most."""


class Picture(str):
    """An SVG document. It is a `str`, to be written to a file; in Jupyter it shows itself."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        """Be part of the page, not an image in it: so it follows the theme."""
        return str(self)

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
    """Draw a run: a timeline, or what is left of a recording when it has been cut down to its
    last `messages` and to `clients` of its clients."""
    title, notes = clean(title), [clean(caption)] if caption else []
    if not isinstance(run, Timeline):
        part = excerpt(list(run), messages, clients)
        notes += part.left_out
        run = retrace(part.hops)
    layout = Layout(run, title, notes)
    canvas = Canvas()
    margins.behind(canvas, layout)
    strokes.draw(canvas, layout)
    margins.around(canvas, layout)
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
        style="max-width:100%;height:auto",
    )


def _in_words(timeline: Timeline, notes: list[str]) -> str:
    """Tell the run to who does not see it."""
    sentences = [clean(f"{mark.sentence}.") for mark in timeline.marks]
    return " ".join([*(f"{note}." for note in notes), *sentences]) or "Nothing has happened."
