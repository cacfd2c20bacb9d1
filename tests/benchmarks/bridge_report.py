"""The tables of what a hop through Redis costs: how much, how late, and what was wrong.

Rule: a number in a table is the median over the rounds, and its ratio that to the first line.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from typing import Any

from growth_report import markdown
from instances import ORDERS, Setup
from measure import flaws_of
from scenarios import Scenario

Runs = Mapping[Setup, list[Any]]


def text(fast: Runs, paced: Runs, fast_one: Scenario, paced_one: Scenario) -> str:
    """Return the report, to print."""
    return "\n\n".join([
        f"{fast_one.clients} clients, {fast_one.senders} of them send as fast as a window allows:",
        how_much(fast),
        f"1 client sends {paced_one.rate} messages a second, {paced_one.clients - 1} listen:",
        how_late(paced),
        flaws([*fast.items(), *paced.items()]),
        "\n".join(other_order(order, fast) for order in ORDERS),
    ])  # fmt: skip


def how_much(fast: Runs) -> str:
    """Tell how many messages were said, and heard."""
    said = {
        setup.name: [sum(sender.sent for sender in run.senders) / run.seconds for run in runs]
        for setup, runs in fast.items()
    }
    heard = {
        setup.name: [run.deliveries / run.seconds for run in runs] for setup, runs in fast.items()
    }
    return table(("messages/s", said, 0), ("deliveries/s", heard, 0))


def how_late(paced: Runs) -> str:
    """Tell how many milliseconds a message took."""
    late = {
        setup.name: [statistics.quantiles(run.latencies, n=100) for run in runs]
        for setup, runs in paced.items()
    }
    median = {name: [one[49] * 1000 for one in all_of_it] for name, all_of_it in late.items()}
    worst = {name: [one[98] * 1000 for one in all_of_it] for name, all_of_it in late.items()}
    return table(("p50 ms", median, 2), ("p99 ms", worst, 2))


def table(*columns: tuple[str, dict[str, list[float]], int]) -> str:
    """Write medians over the rounds, and their ratios to the first line."""
    heads = ["", *(head for name, _, _ in columns for head in (name, "ratio"))]
    rows = []
    for line in columns[0][1]:
        cells = [line]
        for _, values, digits in columns:
            first, here = (
                statistics.median(v) for v in (next(iter(values.values())), values[line])
            )
            cells += [f"{here:,.{digits}f}", f"{here / first:.2f}"]
        rows.append(cells)
    return markdown(heads, rows)


def flaws(measured: Iterable[tuple[Setup, list[Any]]]) -> str:
    """Tell what was lost, and the like."""
    found = [flaws_of(run) for _, runs in measured for run in runs]
    lost, twice, late = (
        sum(getattr(one, name) for one in found) for name in ("lost", "duplicated", "reordered")
    )
    return f"{lost} lost, {twice} duplicated, {late} out of their sender's order"


def other_order(order: str, fast: Runs) -> str:
    """Tell how many clients heard messages in another order than those of the first instance."""
    runs = [run for setup, runs in fast.items() if setup.order == order for run in runs]
    clients = sum(len(run.listeners) for run in runs)
    differ = sum(flaws_of(run).other_order for run in runs)
    return f"another order than on the first instance, {order}: {differ} of {clients} clients"
