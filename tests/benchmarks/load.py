"""The load generator: a process of its own that measures one server once; and how it is run.

Rule: what is measured lies between two readings of the clock, with nothing else in between: no
connecting (except in churn, which measures that), no start of a process, no arithmetic. It prints
one line, the outcome as JSON, which `put_on` reads; or it fails with one line on stderr.

By hand, against any server on this machine:

    python tests/benchmarks/load.py fan100 --port 8765
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator

import contenders
import scenarios
from results import Cores, Flaws, Meter, Outcome, resident_kib
from scenarios import DELIVERIES, MEDIAN, MEGABYTES, MEMORY, VISITS, WORST, Scenario, memory_after
from traffic import Rate, Traffic, Window, flaws_of
from wire import (
    CLOSE_FRAME,
    PATIENCE,
    Garbled,
    ServerFailed,
    TooFewFiles,
    allow_open_files,
    connect,
    crowd,
)

SCENARIOS = scenarios.SCENARIOS | scenarios.GROWTH

LONGEST = 8 * PATIENCE
"""Seconds that a load generator may take in addition to the time that it measures."""


def put_on(server: contenders.Running, scenario: Scenario, seconds: float) -> Outcome:
    """Run a load generator and return what it says. Raise `ServerFailed` if it cannot."""
    options = f"--port {server.port} --pid {server.pid} --clients {scenario.clients}"
    visits = ["--visits", *map(str, scenario.visits)] if scenario.visits else []
    arguments = [scenario.name, "--seconds", str(seconds), *options.split(), *visits]
    load = subprocess.Popen(
        [sys.executable, __file__, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        output, errors = load.communicate(timeout=seconds + LONGEST)
    except subprocess.TimeoutExpired:
        raise ServerFailed("the load generator did not come to an end") from None
    finally:
        contenders.end(load)
    if load.returncode:
        raise ServerFailed(errors.strip().rpartition("\n")[2])
    data = json.loads(output)
    data["flaws"] = Flaws(**data["flaws"])
    data["cores"] = data["cores"] and Cores(**data["cores"])
    return Outcome(**data)


def main() -> int:
    """Measure, and print the outcome."""
    arguments = parse_arguments()
    scenario = SCENARIOS[arguments.scenario].with_at_most(arguments.clients)
    if arguments.visits:
        scenario = scenario.with_visits(arguments.visits)
    try:
        allow_open_files(scenario.clients)
        measure = KINDS[scenario.kind]
        outcome = measure(scenario, arguments.port, arguments.pid, arguments.seconds)
    except (OSError, ServerFailed, Garbled, TooFewFiles) as error:
        print(f"{scenario.name}: {error}", file=sys.stderr)
        return 1
    print(json.dumps(dataclasses.asdict(outcome)))
    return 0


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Put load on one server, once.")
    parser.add_argument("scenario", choices=SCENARIOS)
    parser.add_argument("--port", type=int, required=True, help="where the server listens")
    parser.add_argument("--pid", type=int, default=0, help="its process, to see what it uses")
    parser.add_argument("--seconds", type=float, default=2.0, help="how long (default: 2)")
    parser.add_argument("--clients", type=int, default=10**6, help="at most that many clients")
    parser.add_argument("--visits", type=int, nargs="+", help="when to measure the memory")
    return parser.parse_args()


WARM_UP = 20
"""Clients of `idle` that connect before memory is measured: the first pay for what all share."""


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


SETTLE = 0.3
"""Seconds for a server to become quiet."""


def churn(scenario: Scenario, port: int, server: int, seconds: float) -> Outcome:
    """Count the visits of several clients that come again and again."""
    until = time.perf_counter() + seconds

    def as_long_as_there_is_time(_: int) -> Iterator[None]:
        while time.perf_counter() < until:
            yield

    with Meter(server) as meter:
        visits = visit_in_parallel(port, scenario.clients, as_long_as_there_is_time)
    return meter.outcome({VISITS.name: visits / meter.seconds})


def memory(scenario: Scenario, port: int, server: int, seconds: float) -> Outcome:
    """Measure the memory of the server after many visits, and after many more.

    It should be the same. If it grows with the visits, something of each one is left.
    """
    figures: dict[str, float] = {}
    done, at_a_time = 0, scenario.clients
    with Meter(server) as meter:
        for wanted in scenario.visits:
            done += visit_in_parallel(port, at_a_time, shares(wanted - done, at_a_time))
            time.sleep(min(seconds, SETTLE))
            if (resident := resident_kib(server)) is not None:
                figures[memory_after(done).name] = resident
    return meter.outcome(figures)


def shares(total: int, count: int) -> Callable[[int], range]:
    """Return what gives each of `count` threads its share of the visits."""
    return lambda number: range(number, total, count)


def visit_in_parallel(port: int, count: int, turns: Callable[[int], Iterable[object]]) -> int:
    """Let several threads visit, each once for each of its turns; return the sum."""
    visits: list[int] = []  # each thread adds its number in one step: no lock is needed
    failures: list[Exception] = []

    def visit_again_and_again(number: int) -> None:
        try:
            visits.append(sum(1 for _ in turns(number) if visit(port)))
        except (OSError, ServerFailed) as error:
            failures.append(error)

    threads = [threading.Thread(target=visit_again_and_again, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()  # every wait for the server has a deadline, so this ends
    if failures:
        raise ServerFailed(f"a visit failed: {failures[0]}")
    return sum(visits)


def visit(port: int) -> bool:
    """Connect, shake hands, send a Close frame, and wait until the server closes the connection.

    A server should send a Close frame too. Not all do every time, and it is not measured here.
    """
    with connect(port) as client, contextlib.suppress(ConnectionResetError):
        client.sendall(CLOSE_FRAME)
        while client.recv(4096):
            pass
    return True


KINDS = {"traffic": traffic, "idle": idle, "churn": churn, "visits": memory}


if __name__ == "__main__":
    sys.exit(main())
