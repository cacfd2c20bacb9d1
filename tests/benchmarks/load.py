"""The load generator: a process of its own, that measures one server once.

Rule: it prints one line, the outcome as JSON; or it fails with one line on stderr.

By hand, against whatever server is running on this machine:

    python tests/benchmarks/load.py fan100 --port 8765
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys

import curves
import scenarios
from crowd import ServerFailed
from limits import TooFewFiles, allow_open_files
from measure import KINDS
from wire import Garbled

SCENARIOS = scenarios.SCENARIOS | curves.SCENARIOS


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
    parser.add_argument("--clients", type=int, default=10**6, help="at most so many clients")
    parser.add_argument("--visits", type=int, nargs="+", help="when to look at the memory")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
