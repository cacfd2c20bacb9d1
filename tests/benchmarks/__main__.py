"""A benchmark: msgproxy and its peers, with the same load, in turns.

    python tests/benchmarks

Rule: it measures and never judges. Times differ from machine to machine and from minute to
minute, so nothing here is asserted; read the ratios, and take differences under a quarter as
ties. What must be the same everywhere, that no message is lost, stands below the tables.

Each measurement has a new server and a new load generator, in processes of their own, and the
two are alone (as far as we can tell). Everything stays on this machine.

How msgproxy alone takes to growth is the other command, `growth.py`.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

import command
import contenders
import plot
import report
import scenarios
from results import Results


def main() -> int:
    """Measure, print the tables, write the files."""
    arguments = parse_arguments()
    chosen = [scenarios.SCENARIOS[name] for name in arguments.only]
    chosen = [scenario.with_at_most(arguments.clients) for scenario in chosen]
    results = Results(chosen, [contenders.CONTENDERS[name] for name in arguments.servers])
    return command.run(results, arguments, report.text, plot.draw)


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
    command.add_options(parser)
    return command.parse(parser)


if __name__ == "__main__":
    sys.exit(main())
