"""The kinds of scenarios: how each one is measured.

Rule: what is measured lies between two readings of the clock, with nothing else in between: no
connecting (but in churn, which measures that), no start of a process, no arithmetic.
"""

from __future__ import annotations

import statistics
import time

from audience import Audience
from crowd import ServerFailed, crowd
from outcome import Flaws, Meter, Outcome, resident_kib
from pace import Rate, Window
from scenarios import DELIVERIES, MEDIAN, MEGABYTES, MEMORY, WORST, Scenario
from traffic import Traffic
from visits import SETTLE, churn, memory

WARM_UP = 20
"""Clients of `idle` that come before memory is looked at: the first pay for what all share."""


def traffic(scenario: Scenario, port: int, server: int, seconds: float) -> Outcome:
    """Send messages; count and check what arrives."""
    with crowd(port, scenario.clients) as clients:
        pace = Rate(scenario.rate, scenario.senders) if scenario.rate else Window(scenario.window)
        run = Traffic(clients, scenario, pace)
        with Meter(server) as meter:
            began = time.perf_counter()
            run.run(seconds)
        outcome = meter.outcome(_figures(scenario, run, run.last_heard - began))
        outcome.deliveries = run.deliveries
        outcome.flaws = flaws_of(run)
    return outcome


def _figures(scenario: Scenario, run: Traffic, seconds: float) -> dict[str, float]:
    if not scenario.rate:
        rate = run.deliveries / seconds
        figures = {DELIVERIES.name: rate, MEGABYTES.name: rate * scenario.size / 1e6}
        return {figure.name: figures[figure.name] for figure in scenario.figures}
    if len(run.latencies) < 2:
        raise ServerFailed("no message has arrived")
    percentiles = statistics.quantiles(run.latencies, n=100)
    return {MEDIAN.name: percentiles[49] * 1000, WORST.name: percentiles[98] * 1000}


def flaws_of(run: Traffic) -> Flaws:
    """Count what should not have happened."""
    flaws = Flaws()
    sent = [sender.sent for sender in run.senders]
    for audience in run.audiences:
        _add_flaws(flaws, audience, sent)
        # Every message of a sender has its place, so who spoke when is the whole order.
        own = bytes([]) if audience.deaf_to is None else bytes([audience.deaf_to])
        if audience.order != run.crowd.order.translate(None, own):
            flaws.other_order += len(audience.listeners)
    return flaws


def _add_flaws(flaws: Flaws, audience: Audience, sent: list[int]) -> None:
    tally, everyone = audience.tally, len(audience.listeners)
    expected = list(tally.expected)
    if audience.deaf_to is not None:
        flaws.duplicated += expected[audience.deaf_to]
        expected[audience.deaf_to] = sent[audience.deaf_to]
    lost = len(tally.missing) + sum(sent) - sum(expected)
    flaws.lost += lost * everyone + audience.behind()
    flaws.duplicated += tally.duplicated * everyone
    flaws.reordered += tally.reordered * everyone


def idle(scenario: Scenario, port: int, server: int, seconds: float) -> Outcome:
    """Measure what silent clients cost."""
    with crowd(port, WARM_UP), Meter(server) as meter:
        time.sleep(SETTLE)
        before = resident_kib(server)
        with crowd(port, scenario.clients):
            time.sleep(min(seconds, SETTLE))
            after = resident_kib(server)
    if before is None or after is None:
        return meter.outcome({})
    return meter.outcome({MEMORY.name: (after - before) / scenario.clients})


KINDS = {"traffic": traffic, "idle": idle, "churn": churn, "visits": memory}
