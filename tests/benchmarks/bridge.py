"""The command `bridge`: what a hop through Redis costs, in both orders, and what instances gain.

Rule: all lines of a table come from the same rounds; so their ratios count, and little else. A
number is the median over the rounds, its ratio that to the first line. All instances, Redis and
the load share this machine, which several machines would not. Each measurement has processes of
its own. Needs `redis-server`; takes about two minutes.
"""

from __future__ import annotations

import argparse
import contextlib
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import contenders
import report
from audience import Audience
from scenarios import SCENARIOS, Scenario
from traffic import Rate, Traffic, Window, flaws_of
from wire import Layout, ServerFailed, connect, gather


def add_command(commands: Any, rounds: argparse.ArgumentParser) -> None:
    """Add the command; `rounds` has all its options."""
    about = "measure what a hop through Redis costs, and several instances; about two minutes"
    parser = commands.add_parser("bridge", help=about, description=about, parents=[rounds])
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure, and print the tables."""
    fast, paced = measure_all(arguments.rounds, arguments.seconds)
    print(f"{report.head(arguments.rounds, arguments.seconds)}\n\n{text(fast, paced)}")
    return 0


PORTS_TO_TRY = 5

STREAM_FIRST = contenders.HERE / "servers" / "stream_first.py"
RUN_IT = f"import runpy; runpy.run_path({str(STREAM_FIRST)!r}, run_name='__main__')"
"""Not the file itself: as with `-m msgproxy`, the package is that of the current directory."""

OPTIONS = contenders.MSGPROXY[contenders.MSGPROXY.index("serve") + 1 :]

ORDERS = {
    "local first": contenders.MSGPROXY,
    "stream first": ("-c", RUN_IT, *OPTIONS),
}
"""The orders that clients of several instances may have, and the arguments of Python for each."""


@dataclass(frozen=True, slots=True)
class Setup:
    """Some instances, and on which of them the clients are: client n on `places[n % ...]`."""

    name: str
    instances: int = 1
    order: str = ""
    """One of `ORDERS`; "" without a bridge."""
    places: tuple[int, ...] = (0,)
    """With a pace, client 0 is the sender."""

    def place_of(self, client: int) -> int:
        """Return on which instance a client is."""
        return self.places[client % len(self.places)]


@contextlib.contextmanager
def running(setup: Setup) -> Iterator[list[int]]:
    """Run the instances, and a Redis server if they need one; yield their ports."""
    with contextlib.ExitStack() as stack:
        arguments: tuple[str, ...] = contenders.MSGPROXY
        if setup.order:
            url = f"redis://127.0.0.1:{stack.enter_context(redis_server())}/0?stream=benchmark"
            arguments = (*ORDERS[setup.order], "--bridge", url)
        contender = contenders.Contender("bridge", arguments)
        running = [contenders.running(contender) for _ in range(setup.instances)]
        yield [stack.enter_context(one).port for one in running]


@contextlib.contextmanager
def redis_server() -> Iterator[int]:
    """Run a Redis server that keeps nothing on disk; yield its port."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        yield start_redis(folder, stack)


def start_redis(folder: str, stack: contextlib.ExitStack) -> int:
    """Start it on a free port. If somebody else was quicker to take that, try others."""
    for _ in range(PORTS_TO_TRY):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port: int = free.getsockname()[1]
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
        server = subprocess.Popen(
            ["redis-server", *options], stdout=subprocess.PIPE, start_new_session=True, text=True
        )
        stack.callback(contenders.end, server)
        assert server.stdout is not None
        if any("Ready to accept connections" in line for line in server.stdout):
            return port
    raise ServerFailed("redis-server did not start")


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
        self.crowd = self.audiences[0]  # all other orders are compared with this one


def measure(setup: Setup, scenario: Scenario, seconds: float) -> BridgedTraffic:
    """Measure once."""
    with running(setup) as ports, contextlib.ExitStack() as hang_up:
        clients: list[socket.socket] = []
        for number in range(scenario.clients):
            clients.append(connect(ports[setup.place_of(number)]))
            hang_up.callback(clients[-1].close)
        for first in clients[: len(setup.places)]:  # so that each instance hears all others
            gather(first, [client for client in clients if client is not first])
        traffic = BridgedTraffic(clients, setup, scenario)
        began = time.perf_counter()
        traffic.run(seconds)
        traffic.seconds = traffic.last_heard - began
        return traffic


Runs = dict[Setup, list[BridgedTraffic]]


def measure_all(rounds: int, seconds: float) -> tuple[Runs, Runs]:
    """Measure all, and all of it again in each round."""
    fast: Runs = {setup: [] for setup in FAST_ONES}
    paced: Runs = {setup: [] for setup in PACED_ONES}
    both = [(FAST, setup, fast) for setup in fast] + [(PACED, setup, paced) for setup in paced]
    with report.Progress(rounds * len(both)) as progress:
        for number, (scenario, setup, runs) in product(range(1, rounds + 1), both):
            progress.begin(f"round {number}: {scenario.name}, {setup.name}")
            runs[setup].append(measure(setup, scenario, seconds))
    return fast, paced


def text(fast: Runs, paced: Runs) -> str:
    """Return the report, to print."""
    told = [flaws([*fast.items(), *paced.items()]), *(other_order(order, fast) for order in ORDERS)]
    return "\n\n".join([how_much(fast), how_late(paced), "\n".join(told)])


def how_much(fast: Runs) -> str:
    """Return the table of messages sent, and received."""
    said = {
        setup.name: [sum(sender.sent for sender in run.senders) / run.seconds for run in runs]
        for setup, runs in fast.items()
    }
    heard = {
        setup.name: [run.deliveries / run.seconds for run in runs] for setup, runs in fast.items()
    }
    title = f"{FAST.clients} clients, {FAST.senders} of them send as fast as a window allows"
    return table(title, ("messages/s", said, 0), ("deliveries/s", heard, 0))


def how_late(paced: Runs) -> str:
    """Return the table of the milliseconds that a message took."""
    late = {
        setup.name: [statistics.quantiles(run.latencies, n=100) for run in runs]
        for setup, runs in paced.items()
    }
    median = {name: [one[49] * 1000 for one in all_of_it] for name, all_of_it in late.items()}
    worst = {name: [one[98] * 1000 for one in all_of_it] for name, all_of_it in late.items()}
    title = f"1 client sends {PACED.rate} messages a second, {PACED.clients - 1} listen"
    return table(title, ("p50 ms", median, 2), ("p99 ms", worst, 2))


def table(title: str, *columns: tuple[str, dict[str, list[float]], int]) -> str:
    """Write medians over the rounds, and their ratios to the first line."""
    heads = [title, *(head for name, _, _ in columns for head in (name, "ratio"))]
    rows = []
    for line in columns[0][1]:
        cells = [line]
        for _, values, digits in columns:
            first, here = (
                statistics.median(v) for v in (next(iter(values.values())), values[line])
            )
            cells += [f"{here:,.{digits}f}", f"{here / first:.2f}"]
        rows.append(cells)
    return report.table(heads, rows)


def flaws(measured: Iterable[tuple[Setup, list[Any]]]) -> str:
    """Say how many messages were lost, and the like."""
    found = [flaws_of(run) for _, runs in measured for run in runs]
    lost, twice, late = (
        sum(getattr(one, name) for one in found) for name in ("lost", "duplicated", "reordered")
    )
    return f"* {lost} lost, {twice} duplicated, {late} out of their sender's order"


def other_order(order: str, fast: Runs) -> str:
    """Say how many clients received messages in another order than those of the first instance."""
    runs = [run for setup, runs in fast.items() if setup.order == order for run in runs]
    clients = sum(len(run.listeners) for run in runs)
    differ = sum(flaws_of(run).other_order for run in runs)
    return f"* another order than on the first instance, {order}: {differ} of {clients} clients"
