"""The bridge: what a hop through Redis costs, in both orders, and what several instances gain.

    python tests/benchmarks/bridge.py

Rule: all lines of a table come from the same rounds; so their ratios count, and little else. A
number is the median over the rounds, its ratio that to the first line. All instances, Redis and
the load share this machine, which several machines would not. Each measurement has processes of
its own. Needs `redis-server`; takes about two minutes.
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
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import command
import contenders
from audience import Audience
from command import Progress
from report import markdown
from scenarios import SCENARIOS, Scenario
from traffic import Rate, Traffic, Window, flaws_of
from wire import Layout, ServerFailed, connect, gather

STREAM_FIRST = contenders.HERE / "stream_first.py"
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
    print(text(fast, paced, FAST, PACED))
    return 0


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
    """Return the table of messages sent, and received."""
    said = {
        setup.name: [sum(sender.sent for sender in run.senders) / run.seconds for run in runs]
        for setup, runs in fast.items()
    }
    heard = {
        setup.name: [run.deliveries / run.seconds for run in runs] for setup, runs in fast.items()
    }
    return table(("messages/s", said, 0), ("deliveries/s", heard, 0))


def how_late(paced: Runs) -> str:
    """Return the table of the milliseconds that a message took."""
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
    """Say how many messages were lost, and the like."""
    found = [flaws_of(run) for _, runs in measured for run in runs]
    lost, twice, late = (
        sum(getattr(one, name) for one in found) for name in ("lost", "duplicated", "reordered")
    )
    return f"{lost} lost, {twice} duplicated, {late} out of their sender's order"


def other_order(order: str, fast: Runs) -> str:
    """Say how many clients received messages in another order than those of the first instance."""
    runs = [run for setup, runs in fast.items() if setup.order == order for run in runs]
    clients = sum(len(run.listeners) for run in runs)
    differ = sum(flaws_of(run).other_order for run in runs)
    return f"another order than on the first instance, {order}: {differ} of {clients} clients"


if __name__ == "__main__":
    sys.exit(main())
