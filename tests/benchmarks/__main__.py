"""A benchmark: msgproxy and its peers, with the same load, in turns.

    python tests/benchmarks

Rule: it measures and never judges. Times differ from machine to machine and from minute to
minute, so nothing here is asserted; read the ratios, and take differences under a quarter as
ties. What must be the same everywhere, that no message is lost, stands below the tables.

Each measurement has a new server and a new load generator, in processes of their own, and the
two are alone (as far as we can tell). Everything stays on this machine.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import contenders
import plot
import report
import scenarios
from contenders import Contender, running
from crowd import PATIENCE, ServerFailed
from limits import TooFewFiles, allow_open_files
from outcome import Cores, Flaws, Outcome
from progress import Progress
from results import Result, Results
from scenarios import Scenario

LONGEST = 8 * PATIENCE
"""Seconds that a load generator may take besides the time that it measures."""


def main() -> int:
    """Measure, print the tables, write the files."""
    arguments = parse_arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the same as Ctrl-C
    chosen = [scenarios.SCENARIOS[name] for name in arguments.only]
    chosen = [scenario.with_at_most(arguments.clients) for scenario in chosen]
    results = Results(chosen, [contenders.CONTENDERS[name] for name in arguments.servers])
    status = 0
    try:
        allow_open_files(max(scenario.clients for scenario in chosen))
        measure_all(results, arguments.rounds, arguments.seconds)
    except TooFewFiles as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped; this is what there is so far", file=sys.stderr)
        status = 130  # as the shell counts it: 128 and the number of SIGINT
    if results.all:
        publish(results, arguments)
    return status


def measure_all(results: Results, rounds: int, seconds: float) -> None:
    """Measure each scenario with each server, and all of that again in each round."""
    progress = Progress(rounds * len(results.scenarios) * len(results.contenders))
    try:
        for number in range(1, rounds + 1):
            for scenario in results.scenarios:
                for contender in results.contenders:
                    progress.begin(f"round {number}: {scenario.name}, {contender.name}")
                    results.all.append(measure(scenario, contender, number, seconds))
    finally:
        progress.end()


def measure(scenario: Scenario, contender: Contender, number: int, seconds: float) -> Result:
    """Measure one scenario with one server, once."""
    try:
        with running(contender) as server:
            outcome = put_load(scenario, server, seconds)
    except ServerFailed as error:
        return Result(scenario.name, contender.name, number, None, str(error))
    return Result(scenario.name, contender.name, number, outcome)


def put_load(scenario: Scenario, server: contenders.Running, seconds: float) -> Outcome:
    """Run the load generator and return what it says. Raise `ServerFailed` if it cannot."""
    program = str(contenders.HERE / "load.py")
    options = f"--port {server.port} --pid {server.pid} --clients {scenario.clients}"
    load = subprocess.Popen(
        [sys.executable, program, scenario.name, "--seconds", str(seconds), *options.split()],
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


def publish(results: Results, arguments: argparse.Namespace) -> None:
    """Print the report, and write what was asked for."""
    print(f"{machine()}; rounds: {arguments.rounds}, of {arguments.seconds:g} s each\n")
    print(report.text(results))
    if arguments.json:
        settings = {"rounds": arguments.rounds, "seconds": arguments.seconds}
        data = {"machine": machine(), "settings": settings, **results.as_data()}
        Path(arguments.json).write_text(json.dumps(data, indent=1))
    if arguments.plot:
        plot.draw(results, arguments.plot)


def machine() -> str:
    """Say what this ran on."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{python}, {platform.system()}, {os.cpu_count()} cores"


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    about = "\n".join(f"  {one.name:9} {one.about}" for one in scenarios.ALL)
    parser = argparse.ArgumentParser(
        prog="python tests/benchmarks",
        description="Measure msgproxy and its peers with the same load, in turns.",
        epilog=f"scenarios:\n{about}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add: Any = parser.add_argument
    names = list(scenarios.SCENARIOS)
    add("--only", nargs="+", choices=names, default=names, metavar="SCENARIO")
    servers = list(contenders.CONTENDERS)
    add("--servers", nargs="+", choices=servers, default=servers, metavar="NAME", help=f"{servers}")
    add("--rounds", type=int, default=3, metavar="N", help="(default: 3)")
    add("--seconds", type=float, default=2.0, help="of each measurement (default: 2)")
    add("--clients", type=int, default=10**6, metavar="N", help="at most so many, for a quick look")
    add("--json", metavar="FILE", help="write every figure to a file")
    add("--plot", metavar="FILE", help="draw a picture (needs matplotlib)")
    arguments = parser.parse_args()
    if arguments.plot and not plot.is_possible():
        parser.error("--plot needs matplotlib: pip install matplotlib")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
