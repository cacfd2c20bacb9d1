"""A benchmark: msgproxy and its peers, with the same load, in turns.

    python tests/benchmarks

Rule: it measures and never judges. Times differ from machine to machine and from minute to
minute, so nothing here is asserted; read the ratios, and take differences under a quarter as
ties. What must hold everywhere, that no message is lost, is below the tables.

`--servers msgproxy msgproxy:no-trace` compares msgproxy with itself, `--servers step10 step11`
two steps of the tutorial. `growth.py` measures msgproxy alone under growth, `bridge.py` several
instances, and `publish.py` all of it, for README.md.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

import command
import contenders
import plots
import report
import scenarios
from results import Results


def main() -> int:
    """Measure, print the tables, write the files."""
    arguments = parse_arguments()
    chosen = [scenarios.SCENARIOS[name] for name in arguments.only]
    chosen = [scenario.with_at_most(arguments.clients) for scenario in chosen]
    results = Results(chosen, [contenders.CONTENDERS[name] for name in arguments.servers])
    text = report.as_markdown if arguments.markdown else report.text
    return command.run(results, arguments, text, plots.draw_bars)


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
    default = [contender.name for contender in contenders.DEFAULT]
    about = f"of {', '.join(servers)} (default: {', '.join(default)})"
    add("--servers", nargs="+", choices=servers, default=default, metavar="NAME", help=about)
    add("--markdown", action="store_true", help="print one table in Markdown, for a page")
    command.add_options(parser)
    return command.parse(parser)


if __name__ == "__main__":
    sys.exit(main())
