"""What the commands of the benchmark have in common: options, Ctrl-C, and what they write.

Rule: Ctrl-C loses nothing. What has been measured until then is printed and written all the same.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import plot
from limits import TooFewFiles, allow_open_files
from results import Results
from trial import measure_all


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
    """Say what this ran on, without naming it."""
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
    if arguments.plot and not plot.is_possible():
        parser.error("--plot needs matplotlib: pip install matplotlib")
    return arguments
