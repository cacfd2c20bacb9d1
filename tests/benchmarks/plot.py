"""The picture: one small bar chart for each figure.

Rule: matplotlib is imported only here, and only if somebody asks for a picture.
"""

from __future__ import annotations

import importlib.util
from typing import Any

from report import figures, label, show
from results import Results
from scenarios import Figure, Scenario

COLUMNS = 2
OURS, THEIRS = "#2a6fbb", "#b9c2cc"


def is_possible() -> bool:
    """Return whether there is something to draw with."""
    return importlib.util.find_spec("matplotlib") is not None


def draw(results: Results, file: str) -> None:
    """Draw the medians into a file; its ending says which kind of file."""
    import matplotlib

    matplotlib.use("Agg")  # no window: this may run where there is no screen
    from matplotlib import pyplot

    shown = figures(results)
    rows = -(-len(shown) // COLUMNS)
    height = 0.6 + 0.3 * len(results.contenders)
    picture, grid = pyplot.subplots(
        rows, COLUMNS, figsize=(10, rows * height), squeeze=False, layout="constrained"
    )
    panels = list(grid.flat)
    for panel, (scenario, figure) in zip(panels, shown, strict=False):
        _draw_bars(panel, results, scenario, figure)
    for panel in panels[len(shown) :]:
        panel.remove()
    picture.savefig(file)
    pyplot.close(picture)


def _draw_bars(panel: Any, results: Results, scenario: Scenario, figure: Figure) -> None:
    values = [results.median(scenario, one, figure) for one in results.contenders]
    bars = panel.barh(
        [one.name for one in results.contenders],
        [value or 0 for value in values],
        color=[OURS if one.is_subject else THEIRS for one in results.contenders],
    )
    numbers = [f" {show(value, figure.digits)}" for value in values]
    panel.bar_label(bars, labels=numbers, fontsize=8)
    panel.margins(x=0.2)
    panel.invert_yaxis()
    panel.set_title(label(scenario, figure), fontsize=9, loc="left")
    panel.tick_params(labelsize=8)
    panel.xaxis.set_visible(False)
    panel.spines[["top", "right", "bottom"]].set_visible(False)
