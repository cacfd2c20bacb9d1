"""The bridge: what a hop through Redis costs, in both orders, and what several instances bring.

    python tests/benchmarks/bridge.py

Rule: all lines of a table come from the same rounds, which go round all of them; so the ratios
count, and little else. All instances, Redis and the load share this machine, which several
machines would not do. Needs `redis-server`; takes about two minutes.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import socket
import sys
import time
from dataclasses import replace
from typing import Any

import bridge_report
import command
from audience import Audience
from crowd import ServerFailed, connect, gather
from instances import ORDERS, Setup, running
from pace import Rate, Window
from progress import Progress
from scenarios import SCENARIOS, Scenario
from traffic import Traffic
from wire import Layout

FAST = replace(SCENARIOS["fan100"], name="fast", clients=60)
PACED = replace(SCENARIOS["lat100"], name="paced", clients=11)

FAST_ONES = (
    Setup("1 instance, no bridge"),
    *(
        Setup(f"{count} instance{'s' * (count > 1)}, {order}", count, order, tuple(range(count)))
        for order in ORDERS
        for count in (1, 2, 3)
    ),
)
ELSEWHERE = (0, *[1] * (PACED.clients - 1))
PACED_ONES = (
    Setup("no bridge"),
    *(
        Setup(f"{order}, {which} instance", 2, order, places)
        for order in ORDERS
        for which, places in (("same", (0,)), ("other", ELSEWHERE))
    ),
)


class BridgedTraffic(Traffic):
    """Traffic with an audience for each instance: between them, the order may differ."""

    def __init__(self, clients: list[socket.socket], setup: Setup, scenario: Scenario) -> None:
        pace = Rate(scenario.rate, scenario.senders) if scenario.rate else Window(scenario.window)
        super().__init__(clients, scenario, pace)
        self.seconds = 0.0
        layout, senders = Layout(scenario.size), scenario.senders
        places = [setup.place_of(number) for number in range(senders, len(clients))]
        silent = self.listeners[senders:]
        groups = [
            [one for one, there in zip(silent, places, strict=True) if there == place]
            for place in sorted(set(places))
        ]
        self.audiences[:1] = [Audience(layout, senders, group) for group in groups]
        self.crowd = self.audiences[0]  # with whose order that of all others is compared


def measure(setup: Setup, scenario: Scenario, seconds: float) -> BridgedTraffic:
    """Measure once."""
    with running(setup) as ports, contextlib.ExitStack() as hang_up:
        clients: list[socket.socket] = []
        for number in range(scenario.clients):
            clients.append(connect(ports[setup.place_of(number)]))
            hang_up.callback(clients[-1].close)
        for first in clients[: len(setup.places)]:  # so that each instance hears all others
            gather(first, [client for client in clients if client is not first])
        run = BridgedTraffic(clients, setup, scenario)
        began = time.perf_counter()
        run.run(seconds)
        run.seconds = run.last_heard - began
        return run


Runs = dict[Setup, list[BridgedTraffic]]


def measure_all(rounds: int, seconds: float) -> tuple[Runs, Runs]:
    """Measure all, and all of it again in each round."""
    fast: Runs = {setup: [] for setup in FAST_ONES}
    paced: Runs = {setup: [] for setup in PACED_ONES}
    progress = Progress(rounds * (len(fast) + len(paced)))
    for number in range(1, rounds + 1):
        for scenario, runs in ((FAST, fast), (PACED, paced)):
            for setup, measured in runs.items():
                progress.begin(f"round {number}: {scenario.name}, {setup.name}")
                measured.append(measure(setup, scenario, seconds))
    progress.end()
    return fast, paced


def main() -> int:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(
        prog="python tests/benchmarks/bridge.py",
        description="Measure what a hop through Redis costs, and what several instances bring.",
    )
    add: Any = parser.add_argument
    add("--rounds", type=int, default=3, metavar="N", help="(default: 3)")
    add("--seconds", type=float, default=2.0, help="of each measurement (default: 2)")
    arguments = parser.parse_args()
    if shutil.which("redis-server") is None:
        parser.error("there is no redis-server on this machine")
    try:
        fast, paced = measure_all(arguments.rounds, arguments.seconds)
    except (OSError, ServerFailed) as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 1
    print(f"{command.machine()}; rounds: {arguments.rounds}, of {arguments.seconds:g} s each\n")
    print(bridge_report.text(fast, paced, FAST, PACED))
    return 0


if __name__ == "__main__":
    sys.exit(main())
