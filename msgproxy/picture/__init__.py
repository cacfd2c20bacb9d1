"""Pictures of a run, and other ways to take it home.

The way from a recording to a picture: `retrace` makes a `Timeline` of the hops, `excerpt` takes
what fits, `lanes` and `scale` give each thread a column and each moment a height, `layout`
brings them together, and `strokes` and `margins` draw on a `Canvas` in the colours of a
`palette`. A `Timeline` can also be written down by hand.

`export` writes a recording to a file: as such a picture, as plain data, or for a trace viewer
(`chrome`).
"""

from msgproxy.picture.diagram import Picture, draw
from msgproxy.picture.retrace import retrace
from msgproxy.picture.timeline import Flight, Lane, Level, Mark, Span, Timeline

__all__ = [
    "Flight",
    "Lane",
    "Level",
    "Mark",
    "Picture",
    "Span",
    "Timeline",
    "draw",
    "retrace",
]
