"""What the commands of the benchmark share: options, progress, Ctrl-C, and the measuring itself.

Rule: a measurement has a new server and a new load generator, in processes of their own, and
nothing else runs meanwhile. The function that starts one also ends it, whatever happens. Ctrl-C
loses nothing: what has been measured is printed and written.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any, TextIO

import contenders
import plots
from contenders import Contender, running
from results import Cores, Flaws, Outcome, Result, Results
from scenarios import Scenario
from wire import PATIENCE, ServerFailed, TooFewFiles, allow_open_files


def run(
    results: Results,
    arguments: argparse.Namespace,
    report: Callable[[Results], str],
    draw: Callable[[Results, str], None],
) -> int:
    """Measure, print the report, write the files. Return the exit status."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the same as Ctrl-C
    status = 0
    try:
        allow_open_files(max((one.clients for one in results.scenarios), default=0))
        measure_all(results, arguments.rounds, arguments.seconds)
    except TooFewFiles as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped; this is what there is so far", file=sys.stderr)
        status = 130  # as the shell counts it: 128 and the number of SIGINT
    if results.all:
        print(f"{machine()}; rounds: {arguments.rounds}, of {arguments.seconds:g} s each\n")
        print(report(results))
        write_files(results, arguments, draw)
    return status


def write_files(
    results: Results, arguments: argparse.Namespace, draw: Callable[[Results, str], None]
) -> None:
    """Write what was asked for."""
    if arguments.json:
        settings = {"rounds": arguments.rounds, "seconds": arguments.seconds}
        data = {"machine": machine(), "settings": settings, **results.as_data()}
        Path(arguments.json).write_text(json.dumps(data, indent=1))
    if arguments.plot:
        draw(results, arguments.plot)


def machine() -> str:
    """Describe the machine without naming it."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    system = f"{platform.system()} {platform.release().partition('-')[0]}"
    return f"{python}, {system}, {os.cpu_count()} cores"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that all commands have."""
    add: Any = parser.add_argument
    add("--rounds", type=int, default=3, metavar="N", help="(default: 3)")
    add("--seconds", type=float, default=2.0, help="of each measurement (default: 2)")
    add("--clients", type=int, default=10**6, metavar="N", help="at most so many, for a quick look")
    add("--json", metavar="FILE", help="write every figure to a file")
    add("--plot", metavar="FILE", help="draw a picture, as .svg or .png (needs matplotlib)")


def parse(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Read the command line."""
    arguments = parser.parse_args()
    if arguments.plot and not plots.is_possible():
        parser.error("--plot needs matplotlib: pip install matplotlib")
    return arguments


LONGEST = 8 * PATIENCE
"""Seconds that a load generator may take in addition to the time that it measures."""


def measure_all(results: Results, rounds: int, seconds: float) -> None:
    """Measure each scenario with each server, and all of that again in each round."""
    all_of_it = list(product(range(1, rounds + 1), results.scenarios, results.contenders))
    progress = Progress(len(all_of_it))
    try:
        for number, scenario, contender in all_of_it:
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
    load = subprocess.Popen(
        [sys.executable, *load_arguments(scenario, server, seconds)],
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


def load_arguments(scenario: Scenario, server: contenders.Running, seconds: float) -> list[str]:
    """Return the command line of a load generator, without Python itself."""
    program = [str(contenders.HERE / "load.py"), scenario.name]
    options = f"--port {server.port} --pid {server.pid} --clients {scenario.clients}"
    visits = ["--visits", *map(str, scenario.visits)] if scenario.visits else []
    return [*program, "--seconds", str(seconds), *options.split(), *visits]


class Progress:
    """Says on stderr what is being measured; stdout is for the report.

    A terminal gets one line that changes, anything else (a file, a pipe) whole lines.
    """

    def __init__(self, total: int, stream: TextIO = sys.stderr) -> None:
        self._total = total
        self._done = 0
        self._stream = stream

    def begin(self, what: str) -> None:
        """Say what is measured now."""
        self._done += 1
        line = f"[{self._done}/{self._total}] {what}"
        if self._stream.isatty():
            width = shutil.get_terminal_size().columns - 1
            self._stream.write(f"\r\x1b[K{line[:width]}")
        else:
            self._stream.write(f"{line}\n")
        self._stream.flush()

    def end(self) -> None:
        """Clear the line."""
        if self._stream.isatty():
            self._stream.write("\r\x1b[K")
            self._stream.flush()
