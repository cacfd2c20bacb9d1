"""The bridge: what a hop through Redis costs, and what several instances bring.

    python tests/benchmarks/bridge.py

Rule: all lines of a table come from the same rounds, which go round all of them; so the ratios
count, and little else. All instances, Redis and the load share this machine, which several
machines would not do. Needs `redis-server`; takes about a minute and a half.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import command
import contenders
from audience import Audience
from crowd import ServerFailed, connect, gather
from growth_report import markdown
from measure import flaws_of
from pace import Rate, Window
from progress import Progress
from scenarios import SCENARIOS, Scenario
from traffic import Traffic
from wire import Layout

FAST = replace(SCENARIOS["fan100"], name="fast", clients=60)
PACED = replace(SCENARIOS["lat100"], name="paced", clients=11)


@dataclass(frozen=True, slots=True)
class Setup:
    """Some instances, and on which of them the clients are: client n on `places[n % ...]`."""

    name: str
    instances: int
    has_bridge: bool = True
    places: tuple[int, ...] = (0,)
    """The one that sends with a pace is client 0."""


FAST_ONES = (
    Setup("1 instance, no bridge", 1, has_bridge=False),
    Setup("1 instance", 1),
    Setup("2 instances", 2, places=(0, 1)),
    Setup("3 instances", 3, places=(0, 1, 2)),
)
PACED_ONES = (
    Setup("no bridge", 1, has_bridge=False),
    Setup("with a bridge, same instance", 2),
    Setup("with a bridge, other instance", 2, places=(0, *[1] * (PACED.clients - 1))),
)


class BridgedTraffic(Traffic):
    """Traffic with an audience for each instance: between them, the order may differ."""

    def __init__(self, clients: list[socket.socket], setup: Setup, scenario: Scenario) -> None:
        pace = Rate(scenario.rate, scenario.senders) if scenario.rate else Window(scenario.window)
        super().__init__(clients, scenario, pace)
        self.seconds = 0.0
        layout, senders = Layout(scenario.size), scenario.senders
        places = [place_of(setup, number) for number in range(senders, len(clients))]
        silent = self.listeners[senders:]
        groups = [
            [one for one, there in zip(silent, places, strict=True) if there == place]
            for place in sorted(set(places))
        ]
        self.audiences[:1] = [Audience(layout, senders, group) for group in groups]


def place_of(setup: Setup, client: int) -> int:
    """Return on which instance a client is."""
    return setup.places[client % len(setup.places)]


@contextlib.contextmanager
def running(setup: Setup) -> Iterator[list[int]]:
    """Run a Redis server and the instances; yield their ports."""
    with contextlib.ExitStack() as stack:
        options: tuple[str, ...] = ()
        if setup.has_bridge:
            url = f"redis://127.0.0.1:{stack.enter_context(redis_server())}/0?stream=benchmark"
            options = ("--bridge", url)
        contender = contenders.Contender("bridge", (*contenders.MSGPROXY, *options))
        running = [contenders.running(contender) for _ in range(setup.instances)]
        yield [stack.enter_context(one).port for one in running]


@contextlib.contextmanager
def redis_server() -> Iterator[int]:
    """Run a Redis server that keeps nothing on disk; yield its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
        server = subprocess.Popen(
            ["redis-server", *options], stdout=subprocess.PIPE, start_new_session=True, text=True
        )
        try:
            assert server.stdout is not None
            if not any("Ready to accept connections" in line for line in server.stdout):
                raise ServerFailed("redis-server did not start")
            yield port
        finally:
            contenders.end(server)


def measure(setup: Setup, scenario: Scenario, seconds: float) -> Traffic:
    """Measure once."""
    with running(setup) as ports, contextlib.ExitStack() as hang_up:
        clients: list[socket.socket] = []
        for number in range(scenario.clients):
            clients.append(connect(ports[place_of(setup, number)]))
            hang_up.callback(clients[-1].close)
        for first in clients[: len(setup.places)]:  # so that each instance hears all others
            gather(first, [client for client in clients if client is not first])
        run = BridgedTraffic(clients, setup, scenario)
        began = time.perf_counter()
        run.run(seconds)
        run.seconds = run.last_heard - began
        return run


Runs = dict[str, list[Any]]


def measure_all(rounds: int, seconds: float) -> tuple[Runs, Runs]:
    """Measure all, and all of it again in each round."""
    fast: Runs = {setup.name: [] for setup in FAST_ONES}
    paced: Runs = {setup.name: [] for setup in PACED_ONES}
    progress = Progress(rounds * (len(fast) + len(paced)))
    for number in range(1, rounds + 1):
        for setups, scenario, runs in ((FAST_ONES, FAST, fast), (PACED_ONES, PACED, paced)):
            for setup in setups:
                progress.begin(f"round {number}: {scenario.name}, {setup.name}")
                runs[setup.name].append(measure(setup, scenario, seconds))
    progress.end()
    return fast, paced


def report(fast: Runs, paced: Runs) -> str:
    """Return the tables: of how much, of how late, and of what was wrong."""
    much = {name: [run.deliveries / run.seconds for run in runs] for name, runs in fast.items()}
    said = {
        name: [sum(sender.sent for sender in run.senders) / run.seconds for run in runs]
        for name, runs in fast.items()
    }
    late = {
        name: [statistics.quantiles(run.latencies, n=100) for run in runs]
        for name, runs in paced.items()
    }
    median = {name: [one[49] * 1000 for one in all_of_it] for name, all_of_it in late.items()}
    worst = {name: [one[98] * 1000 for one in all_of_it] for name, all_of_it in late.items()}
    return "\n\n".join([
        f"{FAST.clients} clients, {FAST.senders} of them send as fast as a window allows:",
        table(("messages/s", said, 0), ("deliveries/s", much, 0)),
        f"1 client sends {PACED.rate} messages a second, {PACED.clients - 1} listen:",
        table(("p50 ms", median, 2), ("p99 ms", worst, 2)),
        flaws([run for runs in (*fast.values(), *paced.values()) for run in runs]),
    ])  # fmt: skip


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


def flaws(runs: Sequence[Traffic]) -> str:
    """Tell what was lost. (That instances differ in the order is none of it.)"""
    found = [flaws_of(run) for run in runs]
    lost, twice, late = (
        sum(getattr(one, name) for one in found) for name in ("lost", "duplicated", "reordered")
    )
    return f"{lost} lost, {twice} duplicated, {late} out of their sender's order"


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
    print(report(fast, paced))
    return 0


if __name__ == "__main__":
    sys.exit(main())
