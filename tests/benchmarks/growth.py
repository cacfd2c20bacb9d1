"""Growth: msgproxy alone, with more and more clients, larger and larger messages, and visits.

    python tests/benchmarks/growth.py

Rule: as in the comparison, it measures and never judges. The shape of a curve can be trusted more
than any number on it. Takes about four minutes.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial
from typing import Any

import command
import contenders
import plots
import report
import scenarios
from results import Results
from scenarios import MIB

PARTS = ("clients", "size", "visits")


def main() -> int:
    """Measure, print the tables, write the files."""
    arguments = parse_arguments()
    both = scenarios.up_to(arguments.clients, arguments.size)
    chosen = [curve for curve in both if curve.name in arguments.only]
    measured = [scenario for curve in chosen for scenario in curve.scenarios]
    if "visits" in arguments.only:
        measured.append(scenarios.VISITS_MEMORY.with_visits(arguments.visits))
    results = Results(measured, [contenders.CONTENDERS[contenders.SUBJECT]])
    tables = partial(report.growth, chosen)
    return command.run(results, arguments, tables, partial(plots.draw_growth, chosen))


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    about = "\n".join(f"  {one.name:20} {one.about}" for one in scenarios.GROWTH.values())
    parser = argparse.ArgumentParser(
        prog="python tests/benchmarks/growth.py",
        description="Measure msgproxy with more clients, larger messages, and visits.",
        epilog=f"what is measured:\n{about}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add: Any = parser.add_argument
    add("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART", help=f"{PARTS}")
    looks = scenarios.VISITS_MEMORY.visits
    add("--visits", nargs="+", type=int, default=looks, metavar="N", help=f"(default: {looks})")
    add("--size", type=int, default=MIB, metavar="BYTES", help="of the largest message")
    command.add_options(parser)
    return command.parse(parser)


if __name__ == "__main__":
    sys.exit(main())
