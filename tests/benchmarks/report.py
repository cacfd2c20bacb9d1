"""The tables at the end.

Rule: the ratios are what counts. Everything else is there to tell whether they can be trusted:
which flaws there were, and whether the load, or others, were busier than the server. Processor
time for a delivery says nearly the same as deliveries a second, and more steadily.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from contenders import Contender
from results import Results
from scenarios import Figure, Scenario

BUSY = 0.9
"""Cores of the load from which on it may have been what was measured."""


def text(results: Results) -> str:
    """Return the report, to print."""
    parts = [_medians(results), *_ratios(results), _cost(results), cores(results), flaws(results)]
    return "\n\n".join(part for part in parts if part)


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
    for subject in (one for one in results.contenders if one.is_subject):
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
    """Tell who kept the machine busy."""

    def cell(scenario: Scenario, contender: Contender) -> str:
        if not (busy := results.cores(scenario, contender)):
            return "-"
        mark = "!" if busy.load > BUSY else ""
        return f"{busy.server:.2f} / {busy.load:.2f}{mark} / {busy.others:.2f}"

    return _by_scenario("cores busy: server / load / others", results, cell)


def flaws(results: Results) -> str:
    """Tell what was lost and what failed."""
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
