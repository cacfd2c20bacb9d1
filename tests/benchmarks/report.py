"""What a command prints: its progress, and the tables at the end, which are Markdown.

Rule: the ratios are what counts. Everything else shows whether they can be trusted: which flaws
there were, and whether the load, or other programs, were busier than the server. Processor time
for a delivery says nearly the same as deliveries a second, and more steadily. A table that is
pasted somewhere is complete: its heads have units, and the line above says how it was measured.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Sequence
from typing import Self, TextIO

from contenders import Contender
from results import Results
from scenarios import KIB, MIB, Curve, Figure, Point, Scenario, memory_after

BUSY = 0.9
"""Cores of the load above which it may have been what was measured."""


class Progress:
    """Says on stderr what is being measured; stdout is for the report.

    A terminal gets one line that changes, anything else (a file, a pipe) whole lines.
    """

    def __init__(self, total: int, stream: TextIO = sys.stderr) -> None:
        self._total = total
        self._done = 0
        self._stream = stream

    def __enter__(self) -> Self:
        return self

    def begin(self, what: str) -> None:
        """Say what is measured now."""
        self._done += 1
        line = f"[{self._done}/{self._total}] {what}"
        if self._stream.isatty():
            width = shutil.get_terminal_size().columns - 1
            self._stream.write(f"\r\x1b[K{line[:width]}")
        else:
            self._stream.write(f"{line}\n")
        self._stream.flush()

    def __exit__(self, *_: object) -> None:
        if self._stream.isatty():
            self._stream.write("\r\x1b[K")
            self._stream.flush()


def head(rounds: int, seconds: float) -> str:
    """Return the line above all tables: where it was measured, and for how long."""
    return f"{machine()}; rounds: {rounds}, of {seconds:g} s each"


def machine() -> str:
    """Describe the machine without naming it."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    system = f"{platform.system()} {platform.release().partition('-')[0]}"
    return f"{python}, {system}, {os.cpu_count()} cores"


def text(results: Results) -> str:
    """Return the report of a comparison."""
    parts = [_medians(results), *_ratios(results), _cost(results), _cores(results), flaws(results)]
    return "\n\n".join(parts)


def as_one_table(results: Results) -> str:
    """Return the first subject's medians, and their ratios to the others."""
    subject = results.subjects[0]
    peers = [one for one in results.contenders if one is not subject]
    rows = []
    for scenario, figure in _figures(results):
        ours = results.median(scenario, subject, figure)
        ratios = [results.ratio(scenario, subject, peer, figure) for peer in peers]
        note = "" if figure.more_is_better else " (less is better)"
        name = f"{scenario.name}, {figure.name}{note}"
        rows.append([name, show(ours, figure.digits), *(show(ratio, 2) for ratio in ratios)])
    heads = ["", subject.name, *(f"÷ {peer.name}" for peer in peers)]
    return f"{table(heads, rows)}\n\n{flaws(results)}"


def show(value: float | None, digits: int = 0) -> str:
    """Write a number as people read it."""
    return "-" if value is None else f"{value:,.{digits}f}"


def _figures(results: Results) -> list[tuple[Scenario, Figure]]:
    return [(scenario, figure) for scenario in results.scenarios for figure in scenario.figures]


def _label(scenario: Scenario, figure: Figure) -> str:
    """Name a figure; the sign says whether more of it is better, or less."""
    return f"{'+' if figure.more_is_better else '-'} {scenario.name} {figure.name}"


def _medians(results: Results) -> str:
    rows = [
        [
            _label(scenario, figure),
            *(
                show(results.median(scenario, contender, figure), figure.digits)
                for contender in results.contenders
            ),
        ]
        for scenario, figure in _figures(results)
    ]
    return _table_of("medians (+: more is better)", results.contenders, rows)


def _ratios(results: Results) -> list[str]:
    tables = []
    for subject in results.subjects:
        peers = [one for one in results.contenders if one is not subject]
        rows = [
            [
                _label(scenario, figure),
                *(show(results.ratio(scenario, subject, peer, figure), 2) for peer in peers),
            ]
            for scenario, figure in _figures(results)
        ]
        if peers:
            tables.append(_table_of(f"{subject.name}, divided by", peers, rows))
    return tables


def _cost(results: Results) -> str:
    def cell(scenario: Scenario, contender: Contender) -> str:
        return show(results.cost(scenario, contender), 2)

    return _by_scenario("processor time of the server, in µs per delivery", results, cell)


def _cores(results: Results) -> str:
    """Say what kept the machine busy."""

    def cell(scenario: Scenario, contender: Contender) -> str:
        if not (busy := results.cores(scenario, contender)):
            return "-"
        mark = "!" if busy.load > BUSY else ""
        return f"{busy.server:.2f} / {busy.load:.2f}{mark} / {busy.others:.2f}"

    return _by_scenario("cores busy: server / load / others", results, cell)


def flaws(results: Results) -> str:
    """Say what was lost and what failed."""
    lines = []
    for contender in results.contenders:
        found = results.flaws(contender)
        lines.append(
            f"* {contender.name}: {found.lost} lost, {found.duplicated} duplicated, "
            f"{found.reordered} out of order, {found.other_order} clients saw another order"
        )
    failures = [
        f"* {result.server} failed in {result.scenario}, round {result.round}: {result.error}"
        for result in results.all
        if result.error
    ]
    return "\n".join([*lines, *failures])


def _busiest_load(results: Results) -> str:
    """Say in a line what `_cores` says in a table: whether the load may be what was measured."""
    contender = results.contenders[0]
    loads = [busy.load for one in results.scenarios if (busy := results.cores(one, contender))]
    return f"* load: {max(loads):.2f} cores busy at most" if loads else "* load: not known"


def _by_scenario(title: str, results: Results, cell: Callable[[Scenario, Contender], str]) -> str:
    rows = [
        [scenario.name, *(cell(scenario, contender) for contender in results.contenders)]
        for scenario in results.scenarios
    ]
    return _table_of(title, results.contenders, rows)


def _table_of(title: str, columns: Sequence[Contender], rows: list[list[str]]) -> str:
    return table([title, *(column.name for column in columns)], rows)


UNITS = ((MIB, "MiB"), (KIB, "KiB"), (1, "B"))


def growth(curves: Sequence[Curve], results: Results) -> str:
    """Return the report of growth: a table for each curve, and one for the memory."""
    parts = [_curve(curve, results) for curve in curves]
    parts += [_memory(one, results) for one in results.scenarios if one.visits]
    return "\n\n".join([*parts, f"{flaws(results)}\n{_busiest_load(results)}"])


def value(results: Results, point: Point, figure: Figure) -> float | None:
    """Return what was measured at a point: the median of the rounds."""
    return results.median(point.scenario_of(figure), results.contenders[0], figure)


def memory(results: Results, visits: int, scenario: Scenario) -> float | None:
    """Return how many KiB the server had after that many visits."""
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
            *(show(value(results, point, one), one.digits) for one in curve.figures),
        ]
        for point in curve.points
    ]
    heads = [curve.axis, *(figure.name for figure in curve.figures)]
    return f"{curve.title} ({curve.fixed}):\n\n{table(heads, rows)}"


def _memory(scenario: Scenario, results: Results) -> str:
    rows = [[f"{visits:,}", show(memory(results, visits, scenario))] for visits in scenario.visits]
    return f"Visits ({scenario.about}):\n\n{table(['visits', 'KiB'], rows)}"


def table(heads: list[str], rows: list[list[str]]) -> str:
    """Write a table of numbers in Markdown, so that it can also be read as text."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = []
    for first, *others in (heads, rule, *rows):
        cells = [first.ljust(widths[0]), *map(str.rjust, others, widths[1:])]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
