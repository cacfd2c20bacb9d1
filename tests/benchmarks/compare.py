"""The commands `compare` and `growth`: each scenario with each server, round after round.

Rule: a measurement has a new server and a new load generator, in processes of their own, and
nothing else runs meanwhile. Ctrl-C loses nothing: what has been measured is printed and written.

`compare --servers msgproxy msgproxy:no-trace` compares msgproxy with itself, `--servers step10
step11` two steps of the tutorial. `growth` measures msgproxy alone, with more and more clients,
larger and larger messages, and clients that come and go. The shape of its curves can be trusted
more than any number on them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import contenders
import load
import plots
import report
import scenarios
from contenders import CONTENDERS, Contender
from results import Result, Results
from scenarios import MIB, SCENARIOS, VISITS_MEMORY, Scenario
from wire import ServerFailed, allow_open_files

INTERRUPTED = 130
"""Exit status, as the shell counts it: 128 and the number of SIGINT."""

PARTS = ("clients", "size", "visits")
"""What `growth` measures."""


def add_commands(commands: Any, rounds: argparse.ArgumentParser) -> None:
    """Add both commands; `rounds` has the options that they share with others."""
    shared = argparse.ArgumentParser(add_help=False, parents=[rounds])
    add: Any = shared.add_argument
    add("--clients", type=int, default=10**6, metavar="N", help="at most so many, for a quick look")
    add("--json", metavar="FILE", help="write every figure to a file")
    _add_compare(commands, shared)
    _add_growth(commands, shared)


def _add_compare(commands: Any, shared: argparse.ArgumentParser) -> None:
    about = "measure msgproxy and its peers with the same load, in turns"
    parser = commands.add_parser("compare", **_help(about, scenarios.ALL), parents=[shared])
    parser.set_defaults(run=compare)
    add: Any = parser.add_argument
    names = list(SCENARIOS)
    add("--only", nargs="+", choices=names, default=names, metavar="SCENARIO")
    servers, default = list(CONTENDERS), [one.name for one in contenders.DEFAULT]
    about = f"of {', '.join(servers)} (default: {', '.join(default)})"
    add("--servers", nargs="+", choices=servers, default=default, metavar="NAME", help=about)
    add("--markdown", action="store_true", help="print a single table, for a page")


def _add_growth(commands: Any, shared: argparse.ArgumentParser) -> None:
    about = "measure msgproxy with more clients, larger messages, and visits; about four minutes"
    explained = _help(about, scenarios.GROWTH.values())
    parser = commands.add_parser("growth", **explained, parents=[shared])
    parser.set_defaults(run=growth)
    add: Any = parser.add_argument
    add("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART", help=f"{PARTS}")
    looks = VISITS_MEMORY.visits
    add("--visits", nargs="+", type=int, default=looks, metavar="N", help=f"(default: {looks})")
    add("--size", type=int, default=MIB, metavar="BYTES", help="of the largest message")
    add("--plot", metavar="FILE", help="draw the curves, as .svg or .png (needs matplotlib)")


def _help(about: str, chosen: Iterable[Scenario]) -> dict[str, Any]:
    explained = "\n".join(f"  {one.name:20} {one.about}" for one in chosen)
    return {
        "help": about,
        "description": about,
        "epilog": f"scenarios:\n{explained}",
        "formatter_class": argparse.RawDescriptionHelpFormatter,
    }


def compare(arguments: argparse.Namespace) -> int:
    """Measure some servers, and print their figures and ratios."""
    chosen = [SCENARIOS[name].with_at_most(arguments.clients) for name in arguments.only]
    results = Results(chosen, [CONTENDERS[name] for name in arguments.servers])
    return run(results, arguments, report.as_one_table if arguments.markdown else report.text)


def growth(arguments: argparse.Namespace) -> int:
    """Measure msgproxy alone, print a table for each curve, and draw them if asked to."""
    if arguments.plot and not plots.is_possible():
        sys.exit("benchmark: --plot needs matplotlib: pip install matplotlib")
    both = scenarios.up_to(arguments.clients, arguments.size)
    curves = [curve for curve in both if curve.name in arguments.only]
    measured = [scenario for curve in curves for scenario in curve.scenarios]
    if "visits" in arguments.only:
        measured.append(VISITS_MEMORY.with_visits(arguments.visits))
    results = Results(measured, [CONTENDERS[contenders.SUBJECT]])
    status = run(results, arguments, partial(report.growth, curves))
    if arguments.plot and results.all:
        plots.draw(curves, results, arguments.plot)
    return status


def run(results: Results, arguments: argparse.Namespace, text: Callable[[Results], str]) -> int:
    """Measure, print a report, write the figures to a file. Return the exit status."""
    status, rounds, seconds = 0, arguments.rounds, arguments.seconds
    allow_open_files(max((one.clients for one in results.scenarios), default=0))
    try:
        measure_all(results, rounds, seconds)
    except KeyboardInterrupt:
        print("\nstopped; this is what there is so far", file=sys.stderr)
        status = INTERRUPTED
    if results.all:
        print(f"{report.head(rounds, seconds)}\n\n{text(results)}")
    if results.all and arguments.json:
        settings = {"rounds": rounds, "seconds": seconds}
        data = {"machine": report.machine(), "settings": settings, **results.as_data()}
        Path(arguments.json).write_text(json.dumps(data, indent=1))
    return status


def measure_all(results: Results, rounds: int, seconds: float) -> None:
    """Measure each scenario with each server, and all of that again in each round."""
    all_of_it = list(product(range(1, rounds + 1), results.scenarios, results.contenders))
    with report.Progress(len(all_of_it)) as progress:
        for number, scenario, contender in all_of_it:
            progress.begin(f"round {number}: {scenario.name}, {contender.name}")
            results.all.append(measure(scenario, contender, number, seconds))


def measure(scenario: Scenario, contender: Contender, number: int, seconds: float) -> Result:
    """Measure one scenario with one server, once."""
    try:
        with contenders.running(contender) as server:
            outcome = load.put_on(server, scenario, seconds)
    except ServerFailed as error:
        return Result(scenario.name, contender.name, number, None, str(error))
    return Result(scenario.name, contender.name, number, outcome)
