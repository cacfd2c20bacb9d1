"""Pictures of a run, and other ways to keep it.

From a recording to a picture: `from_hops` takes the part that fits and makes a `Timeline` of it,
`layout` gives each thread a column and each moment a height, and `draw_events` and `draw_labels`
draw on a `Canvas` in the colours of `palette`. You can also write a `Timeline` by hand.

`export` writes a recording to a file: as such a picture, as plain data, or for a trace viewer
(`chrome_trace`).
"""

from msgproxy.picture.diagram import Picture, draw
from msgproxy.picture.from_hops import timeline_from_hops
from msgproxy.picture.timeline import Annotation, Lane, QueueLevel, Span, Timeline, Transit

__all__ = [
    "Annotation",
    "Lane",
    "Picture",
    "QueueLevel",
    "Span",
    "Timeline",
    "Transit",
    "draw",
    "timeline_from_hops",
]
