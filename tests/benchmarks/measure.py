"""The kinds of scenarios: how each one is measured.

Rule: what is measured lies between two readings of the clock, with nothing else in between: no
connecting (but in churn, which measures that), no start of a process, no arithmetic.
"""

from __future__ import annotations

import contextlib
import statistics
import threading
import time

from audience import Audience
from crowd import PATIENCE, ServerFailed, connect, crowd
from outcome import Flaws, Meter, Outcome, resident_kib
from pace import Rate, Window
from scenarios import DELIVERIES, MEDIAN, MEGABYTES, MEMORY, VISITS, WORST, Scenario
from traffic import Traffic
from wire import GOODBYE

WARM_UP = 20
"""Clients of `idle` that come before memory is looked at: the first pay for what all share."""

SETTLE = 0.3
"""Seconds for a server to become quiet."""


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


def churn(scenario: Scenario, port: int, server: int, seconds: float) -> Outcome:
    """Come and go, several at a time."""
    visits: list[int] = []  # each thread adds its number in one step: no lock is needed
    failures: list[Exception] = []
    until = time.perf_counter() + seconds

    def visit_again_and_again() -> None:
        count = 0
        try:
            while time.perf_counter() < until:
                visit(port)
                count += 1
        except (OSError, ServerFailed) as error:
            failures.append(error)
        visits.append(count)

    threads = [threading.Thread(target=visit_again_and_again) for _ in range(scenario.clients)]
    with Meter(server) as meter:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(seconds + 2 * PATIENCE)
    if failures:
        raise ServerFailed(f"a visit failed: {failures[0]}")
    return meter.outcome({VISITS.name: sum(visits) / meter.seconds})


def visit(port: int) -> None:
    """Connect, shake hands, say goodbye as one should, and wait for the server to hang up.

    A server should say goodbye too. Not all do every time, and it is not what is measured here.
    """
    with connect(port) as client, contextlib.suppress(ConnectionResetError):
        client.sendall(GOODBYE)
        while client.recv(4096):
            pass


KINDS = {"traffic": traffic, "idle": idle, "churn": churn}
