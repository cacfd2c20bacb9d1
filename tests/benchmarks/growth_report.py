"""The tables of growth, in Markdown: one for each curve, and one for the memory.

Rule: whoever pastes a table somewhere has the whole story: units stand in the heads, and how it
was measured stands above it. Below the tables stands what tells whether to trust them.
"""

from __future__ import annotations

from collections.abc import Sequence

import report
from curves import Curve, Point
from results import Results
from scenarios import KIB, MIB, Figure, Scenario, memory_after

UNITS = ((MIB, "MiB"), (KIB, "KiB"), (1, "B"))


def text(curves: Sequence[Curve], results: Results) -> str:
    """Return the report, to print."""
    parts = [_curve(curve, results) for curve in curves]
    parts += [_memory(one, results) for one in results.scenarios if one.visits]
    return "\n\n".join([*parts, report.cores(results), report.flaws(results)])


def value(results: Results, point: Point, figure: Figure) -> float | None:
    """Return what was measured at a point: the median of the rounds."""
    return results.median(point.scenario_of(figure), results.contenders[0], figure)


def memory(results: Results, visits: int, scenario: Scenario) -> float | None:
    """Return how many KiB the server had after so many visits."""
    return results.median(scenario, results.contenders[0], memory_after(visits))


def name_of(curve: Curve, point: Point) -> str:
    """Write a place on the axis as people read it: 1,000 clients, or 64 KiB."""
    if curve.name != "size":
        return f"{point.x:,}"
    size, unit = next((size, unit) for size, unit in UNITS if point.x >= size)
    return f"{point.x // size} {unit}"


def _curve(curve: Curve, results: Results) -> str:
    rows = [
        [
            name_of(curve, point),
            *(report.show(value(results, point, one), one.digits) for one in curve.figures),
        ]
        for point in curve.points
    ]
    heads = [curve.axis, *(figure.name for figure in curve.figures)]
    return f"{curve.title} ({curve.fixed}):\n\n{markdown(heads, rows)}"


def _memory(scenario: Scenario, results: Results) -> str:
    rows = [
        [f"{visits:,}", report.show(memory(results, visits, scenario))]
        for visits in scenario.visits
    ]
    return f"Visits ({scenario.about}):\n\n{markdown(['visits', 'KiB'], rows)}"


def markdown(heads: list[str], rows: list[list[str]]) -> str:
    """Write a table of numbers in Markdown, that can be read as it stands too."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    rule = ["-" * (width - 1) + ":" for width in widths]
    lines = [[cell.rjust(width) for cell, width in zip(line, widths, strict=True)]
             for line in (heads, rule, *rows)]  # fmt: skip
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
