"""The curves of `growth`, drawn.

Rule: matplotlib is imported only if somebody asks for a picture. The paper is transparent. In a
PNG the colours lie between light and dark; an SVG has a set for each, and the reader's system
chooses. A point of a curve has its number next to it, so the axes only have to show the shape.
"""

from __future__ import annotations

import importlib.util
import io
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from report import memory, name_of, value
from results import Results
from scenarios import DELIVERIES, KIB, MEDIAN, MEGABYTES, WORST, Curve, Figure, Scenario

INK, FAINT, LINE, FIRST, SECOND = "#77828e", "#85909c", "#98a3ae", "#2b9994", "#c9822d"
PALETTE = {
    INK: ("ink", "#1f2933", "#e5e9ee"),
    FAINT: ("faint", "#66727e", "#9aa5b1"),
    LINE: ("line", "#b8c0c9", "#4b5763"),
    FIRST: ("first", "#0b666d", "#5eccc6"),
    SECOND: ("second", "#b45309", "#f0a84b"),
}
"""For each colour in between: its name, and what replaces it on light and on dark paper."""

STYLE = {
    "font.sans-serif": ["DejaVu Sans"],  # which matplotlib includes; an SVG names another one
    "font.size": 8.5,
    "text.color": INK,
    "axes.labelcolor": FAINT,
    "axes.edgecolor": LINE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.labelsize": 8.5,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": LINE,
    "grid.alpha": 0.35,
    "grid.linewidth": 0.6,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": FAINT,
    "ytick.labelcolor": FAINT,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
    "lines.linewidth": 2,
    "lines.markersize": 4.5,
    "svg.fonttype": "none",  # text stays text, in whatever font the reader has
    "svg.hashsalt": "msgproxy",  # the same figures make the same file
}

UNSAID = ("Creator", "Date", "Format", "Type")
"""Metadata that would make each SVG differ from the last."""


def save(picture: Any, file: Path) -> None:
    """Write the file. An SVG gets colours for both kinds of paper, and a common font."""
    if file.suffix != ".svg":
        picture.savefig(file, transparent=True, dpi=200)
        return
    drawing = io.StringIO()
    picture.savefig(drawing, format="svg", transparent=True, metadata=dict.fromkeys(UNSAID))
    file.write_text(with_two_palettes(drawing.getvalue()))


def with_two_palettes(svg: str) -> str:
    """Replace the colours in between by names, and define these for each kind of paper."""
    light = "; ".join(f"--{name}: {colour}" for name, colour, _ in PALETTE.values())
    dark = "; ".join(f"--{name}: {colour}" for name, _, colour in PALETTE.values())
    style = (
        f"<style>svg {{ {light} }} text {{ font-family: system-ui, sans-serif !important }}\n"
        f"@media (prefers-color-scheme: dark) {{ svg {{ {dark} }} }}</style>"
    )
    for colour, (name, _, _) in PALETTE.items():
        svg = svg.replace(colour, f"var(--{name})")
    return re.sub(r"(<svg[^>]*>)", rf"\1\n{style}", svg, count=1)


def is_possible() -> bool:
    """Return whether matplotlib is installed."""
    return importlib.util.find_spec("matplotlib") is not None


COLUMNS = 3
WIDTH, ROW = 9.2, 2.75  # inches

STEEP = 1.3
"""Ratio of two neighbouring points above which a number over one would touch the curve."""

Draw = Callable[[Any], None]
"""Something that draws one panel."""


def draw(curves: Sequence[Curve], results: Results, file: str) -> None:
    """Draw the medians into a file, whose suffix says which kind."""
    import matplotlib

    matplotlib.use("Agg")  # no window: this may run where there is no screen
    from matplotlib import pyplot

    panels = [panel for row in rows(curves, results) for panel in row]
    count = -(-len(panels) // COLUMNS)
    with pyplot.rc_context(STYLE):
        size = (WIDTH, ROW * count)
        picture, grid = pyplot.subplots(
            count, COLUMNS, figsize=size, squeeze=False, layout="constrained"
        )
        picture.get_layout_engine().set(w_pad=0.12, h_pad=0.1)
        for axes in grid.flat[len(panels) :]:
            axes.remove()
        for axes, panel in zip(grid.flat, panels, strict=False):
            panel(axes)
        save(picture, Path(file))
        pyplot.close(picture)


def rows(curves: Sequence[Curve], results: Results) -> list[list[Draw]]:
    """Return the panels to draw. The memory fits next to the clients."""
    drawn = [[_much(curve, results), _late(curve, results)] for curve in curves]
    for curve, row in zip(curves, drawn, strict=True):
        if MEGABYTES in curve.figures:
            row.append(_line(curve, results, MEGABYTES, "MB per second"))
    looks = [_memory(one, results) for one in results.scenarios if one.visits]
    if drawn and len(drawn[0]) < COLUMNS:
        drawn[0] += looks
        return drawn
    return [*drawn, looks]


def _much(curve: Curve, results: Results) -> Draw:
    return _line(curve, results, DELIVERIES, "deliveries per second")


def _line(curve: Curve, results: Results, figure: Figure, title: str) -> Draw:
    def panel(axes: Any) -> None:
        _plot(axes, curve, results, figure, FIRST, above=True)
        _dress(axes, curve, title)

    return panel


def _late(curve: Curve, results: Results) -> Draw:
    def panel(axes: Any) -> None:
        for figure, colour, above in ((WORST, SECOND, True), (MEDIAN, FIRST, False)):
            x, y = _plot(axes, curve, results, figure, colour, above)
            if x:
                _write(axes, x[-1], y[-1], figure.name.split()[0], (8, -3), colour)
        _dress(axes, curve, "latency at a moderate pace, ms")

    return panel


def _plot(
    axes: Any, curve: Curve, results: Results, figure: Figure, colour: str, above: bool
) -> tuple[list[int], list[float]]:
    pairs = [(point.x, value(results, point, figure)) for point in curve.points]
    x = [place for place, number in pairs if number]
    y = [number for _, number in pairs if number]
    axes.plot(x, y, "o-", color=colour)
    for n, (place, number) in enumerate(zip(x, y, strict=True)):
        aside = beside(y[max(n - 1, 0)], number, y[min(n + 1, len(y) - 1)], above)
        _write(axes, place, number, short(number), (3 * aside, 6 if above else -13), colour)
    return x, y


def beside(before: float, number: float, after: float, above: bool) -> int:
    """Return where the curve leaves room for a number: -1 is left of its point, 1 is right."""
    blocked = STEEP if above else 1 / STEEP
    left, right = before / number, after / number
    return (left > blocked) - (right > blocked) if above else (left < blocked) - (right < blocked)


def _write(axes: Any, x: float, y: float, text: str, offset: tuple[int, int], colour: str) -> None:
    side = ("center", "left", "right")[(offset[0] > 0) - (offset[0] < 0)]
    axes.annotate(
        text, (x, y), offset, textcoords="offset points", color=colour, ha=side, fontsize=8
    )


def _dress(axes: Any, curve: Curve, title: str) -> None:
    axes.set(title=title, xlabel=f"{curve.axis} ({curve.fixed})", xscale="log", yscale="log")
    axes.set_xticks(
        [point.x for point in curve.points], [name_of(curve, one) for one in curve.points]
    )
    axes.yaxis.set_major_formatter(lambda number, _: short(number))
    axes.minorticks_off()
    axes.margins(x=0.17, y=0.2)


def _memory(scenario: Scenario, results: Results) -> Draw:
    def panel(axes: Any) -> None:
        looks = [(visits, memory(results, visits, scenario)) for visits in scenario.visits]
        x = [visits for visits, kib in looks if kib]
        y = [kib / KIB for _, kib in looks if kib]
        axes.plot(x, y, "o-", color=FIRST)
        for place, number in zip(x, y, strict=True):
            _write(axes, place, number, f"{number:.1f}", (0, 6), FIRST)
        axes.set(title="memory of the server, MiB", xlabel="clients that came and went")
        axes.set_xticks(x, [f"{visits:,}" for visits in x])
        axes.set_ylim(0, 1.6 * max(y, default=1))
        axes.margins(x=0.17)

    return panel


def short(number: float) -> str:
    """Write a number in few letters: 1.6 M, 43 k, 1,400, 36, 2.3, 0.45."""
    if number >= 1e6:
        return f"{number / 1e6:.2g} M"
    if number >= 1e4:
        return f"{number / 1e3:.0f} k"
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"
