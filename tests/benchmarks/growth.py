"""Growth: msgproxy alone, with more and more clients, larger and larger messages, and visits.

    python tests/benchmarks/growth.py

Rule: as in the comparison, it measures and never judges. Here it is the shape of a curve that
can be trusted, more than any number on it. Takes about four minutes.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial
from typing import Any

import command
import contenders
import curves
import growth_plot
import growth_report
from results import Results
from scenarios import MIB

PARTS = ("clients", "size", "visits")


def main() -> int:
    """Measure, print the tables, write the files."""
    arguments = parse_arguments()
    both = curves.up_to(arguments.clients, arguments.size)
    chosen = [curve for curve in both if curve.name in arguments.only]
    scenarios = [scenario for curve in chosen for scenario in curve.scenarios]
    if "visits" in arguments.only:
        scenarios.append(curves.VISITS.with_visits(arguments.visits))
    results = Results(scenarios, [contenders.CONTENDERS[contenders.SUBJECT]])
    report = partial(growth_report.text, chosen)
    return command.run(results, arguments, report, partial(growth_plot.draw, chosen))


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    about = "\n".join(f"  {one.name:20} {one.about}" for one in curves.SCENARIOS.values())
    parser = argparse.ArgumentParser(
        prog="python tests/benchmarks/growth.py",
        description="Measure how msgproxy takes to more clients, larger messages, and visits.",
        epilog=f"what is measured:\n{about}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add: Any = parser.add_argument
    add("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART", help=f"{PARTS}")
    looks = curves.VISITS.visits
    add("--visits", nargs="+", type=int, default=looks, metavar="N", help=f"(default: {looks})")
    add("--size", type=int, default=MIB, metavar="BYTES", help="at most so many a message")
    command.add_options(parser)
    return command.parse(parser)


if __name__ == "__main__":
    sys.exit(main())
