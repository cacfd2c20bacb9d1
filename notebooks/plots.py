"""Plots and tables, as the notebooks show them.

Rule: they are part of the page, and take their ink from it. So they can be read in a light theme
and in a dark one, and without seeing them too: each plot is also told in words.
"""

from __future__ import annotations

import contextlib
import html
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import matplotlib as mpl
from IPython.display import HTML, display
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

BLUE, ORANGE, GREEN, PINK = COLOURS = "#3a8fc7", "#d9742b", "#1f9e78", "#c467a4"
"""They can be told apart by all eyes, on light and on dark."""

INK = "#777777"
"""Stands for the colour of the text around a plot."""

STYLE = {
    "font.family": "sans-serif",
    "font.size": 11,
    "svg.fonttype": "none",  # letters stay letters, in the reader's own font
    "axes.prop_cycle": mpl.cycler(color=COLOURS),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11,
    "legend.frameon": False,
    "lines.linewidth": 2,
    "lines.markersize": 5,
    "savefig.transparent": True,
    **dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor"), INK),
    **dict.fromkeys(("xtick.color", "ytick.color"), INK),
}


@contextlib.contextmanager
def axes(words: str, panels: int = 1, **options: Any) -> Iterator[Any]:
    """Yield axes, or as many of them as there are panels; show what has been drawn on them.

    `words` say what there is to see, for readers who do not. Options are those of `subplots`.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8, 3.4), layout="constrained")
        yield figure.subplots(1, panels, **options)
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata=dict.fromkeys(("Creator", "Date")))
    image = re.sub(r"^.*?<svg", "", file.getvalue(), flags=re.DOTALL).replace(INK, "currentColor")
    label = f'role="img" aria-label="{html.escape(words)}"'
    display(HTML(f'<svg {label} style="max-width: 100%; height: auto" {image}'))


def logarithmic(axes: Axes, places: Sequence[float]) -> None:
    """Make both scales logarithmic, with numbers as people write them, and ticks at some places."""
    axes.set(xscale="log", yscale="log", xticks=places)
    for axis in axes.xaxis, axes.yaxis:
        axis.set_major_formatter(lambda value, _: f"{value:,.12g}")
        axis.set_minor_formatter("")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))


def findings(*found: tuple[str, bool], yes: str = "yes", no: str = "no") -> HTML:
    """Return a table of what was found, and whether it holds for the numbers of this run.

    It may fail for other numbers than the printed ones. So it is shown, and never raised.
    """
    rows = [(claim, yes if holds else no) for claim, holds in found]
    return table(("with the numbers of this run", "holds"), rows)


def table(heads: Sequence[object], rows: Iterable[Sequence[object]]) -> HTML:
    """Return a table, which shows itself as the last line of a cell."""

    def row(tag: str, cells: Sequence[object]) -> str:
        return f"<tr>{''.join(f'<{tag}>{html.escape(str(cell))}</{tag}>' for cell in cells)}</tr>"

    body = "".join(row("td", cells) for cells in rows)
    return HTML(f"<table><thead>{row('th', heads)}</thead><tbody>{body}</tbody></table>")
