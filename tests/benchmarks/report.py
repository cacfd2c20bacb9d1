"""The tables at the end, as text and in Markdown.

Rule: the ratios are what counts. Everything else shows whether they can be trusted: which flaws
there were, and whether the load, or other programs, were busier than the server. Processor time
for a delivery says nearly the same as deliveries a second, and more steadily. A table that is
pasted somewhere is complete: its heads have units, and the line above says how it was measured.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from contenders import Contender
from results import Results
from scenarios import KIB, MIB, Curve, Figure, Point, Scenario, memory_after

BUSY = 0.9
"""Cores of the load above which it may have been what was measured."""


def text(results: Results) -> str:
    """Return the report, to print."""
    parts = [_medians(results), *_ratios(results), _cost(results), cores(results), flaws(results)]
    return "\n\n".join(part for part in parts if part)


def as_markdown(results: Results) -> str:
    """Return one table in Markdown: the first subject's medians, and their ratios to the others."""
    subject = results.subjects[0]
    peers = [one for one in results.contenders if one is not subject]
    rows = []
    for scenario, figure in figures(results):
        ours = results.median(scenario, subject, figure)
        ratios = [results.ratio(scenario, subject, peer, figure) for peer in peers]
        note = "" if figure.more_is_better else " (less is better)"
        name = f"{scenario.name}, {figure.name}{note}"
        rows.append([name, show(ours, figure.digits), *(show(ratio, 2) for ratio in ratios)])
    heads = ["", subject.name, *(f"÷ {peer.name}" for peer in peers)]
    lost = "\n".join(f"* {line}" for line in flaws(results).splitlines())
    return f"{markdown(heads, rows)}\n\n{lost}"


def show(value: float | None, digits: int = 0) -> str:
    """Write a number as people read it."""
    return "-" if value is None else f"{value:,.{digits}f}"


def label(scenario: Scenario, figure: Figure) -> str:
    """Name a figure; the sign says whether more of it is better, or less."""
    return f"{'+' if figure.more_is_better else '-'} {scenario.name} {figure.name}"


def figures(results: Results) -> list[tuple[Scenario, Figure]]:
    """Return the figures of all scenarios, in order."""
    return [(scenario, figure) for scenario in results.scenarios for figure in scenario.figures]


def _medians(results: Results) -> str:
    rows = [
        [
            label(scenario, figure),
            *(
                show(results.median(scenario, contender, figure), figure.digits)
                for contender in results.contenders
            ),
        ]
        for scenario, figure in figures(results)
    ]
    return _table("medians (+: more is better)", results.contenders, rows)


def _ratios(results: Results) -> list[str]:
    tables = []
    for subject in results.subjects:
        peers = [one for one in results.contenders if one is not subject]
        rows = [
            [
                label(scenario, figure),
                *(show(results.ratio(scenario, subject, peer, figure), 2) for peer in peers),
            ]
            for scenario, figure in figures(results)
        ]
        if peers:
            tables.append(_table(f"{subject.name}, divided by", peers, rows))
    return tables


def _cost(results: Results) -> str:
    def cell(scenario: Scenario, contender: Contender) -> str:
        return show(results.cost(scenario, contender), 2)

    return _by_scenario("processor time of the server, in µs per delivery", results, cell)


def cores(results: Results) -> str:
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
            f"{contender.name}: {found.lost} lost, {found.duplicated} duplicated, "
            f"{found.reordered} out of order, {found.other_order} clients saw another order"
        )
    failures = [
        f"{result.server} failed in {result.scenario}, round {result.round}: {result.error}"
        for result in results.all
        if result.error
    ]
    return "\n".join([*lines, *failures])


def _by_scenario(title: str, results: Results, cell: Callable[[Scenario, Contender], str]) -> str:
    rows = [
        [scenario.name, *(cell(scenario, contender) for contender in results.contenders)]
        for scenario in results.scenarios
    ]
    return _table(title, results.contenders, rows)


def _table(title: str, columns: Sequence[Contender], rows: list[list[str]]) -> str:
    lines = [[title, *(column.name for column in columns)], *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    written = [
        "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])])
        for line in lines
    ]
    return "\n".join([written[0], "-" * len(written[0]), *written[1:]])


UNITS = ((MIB, "MiB"), (KIB, "KiB"), (1, "B"))


def growth(curves: Sequence[Curve], results: Results) -> str:
    """Return the report of growth: a table for each curve, and one for the memory."""
    parts = [_curve(curve, results) for curve in curves]
    parts += [_memory(one, results) for one in results.scenarios if one.visits]
    return "\n\n".join([*parts, cores(results), flaws(results)])


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
    return f"{curve.title} ({curve.fixed}):\n\n{markdown(heads, rows)}"


def _memory(scenario: Scenario, results: Results) -> str:
    rows = [[f"{visits:,}", show(memory(results, visits, scenario))] for visits in scenario.visits]
    return f"Visits ({scenario.about}):\n\n{markdown(['visits', 'KiB'], rows)}"


def markdown(heads: list[str], rows: list[list[str]]) -> str:
    """Write a table of numbers in Markdown that can also be read as text."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = []
    for first, *others in (heads, rule, *rows):
        cells = [first.ljust(widths[0]), *map(str.rjust, others, widths[1:])]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
