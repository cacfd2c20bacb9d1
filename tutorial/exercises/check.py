"""Check an exercise: python tutorial/exercises/check.py NAME [--file MY_SERVER.py]

Rule: it does not look at how the exercise is solved. It starts the file as a program, and looks at
it from outside. Each behaviour gets a fresh server, so none depends on another. Whatever the server
does, the check ends with a report, never with a traceback of its own.
"""

import argparse
import shlex
import sys
from pathlib import Path
from urllib.parse import urlsplit

from checks import EXERCISES

from msgproxy import MsgproxyError
from msgproxy.check.behaviours.catalogue import Behaviour
from msgproxy.check.client import Address
from msgproxy.check.failure import BehaviourFailed, expecting
from msgproxy.check.harness import Harness
from msgproxy.check.program import ServerProgram
from msgproxy.check.report import Report
from msgproxy.cli import options
from msgproxy.cli.check import stopped_by_signals
from msgproxy.cli.main import OneLineParser

HERE = Path(__file__).parent
PATIENCE = 5.0
PATIENCE_HELP = "seconds after which something counts as missing (default: %(default)g)"


def main() -> int:
    """Check what the command line says; return the exit status."""
    arguments = parse()
    path = arguments.file or HERE / f"{arguments.name}.py"
    if not path.is_file():
        sys.exit(f"check.py: there is no file {path}")
    try:
        with stopped_by_signals():
            return check(path, choose(arguments), arguments.patience, arguments.all)
    except MsgproxyError as error:
        sys.exit(f"check.py: {error}")
    except KeyboardInterrupt:
        return 130  # as the shell counts it: 128 and the number of SIGINT


def parse() -> argparse.Namespace:
    parser = OneLineParser(description="Check an exercise, from outside.")
    add = parser.add_argument
    add("name", choices=EXERCISES, help="the exercise")
    add("--file", type=Path, help="your solution, if it is not the file of that name itself")
    add("--only", metavar="BEHAVIOUR", help="check this alone")
    add("--all", action="store_true", help="go on after a failure")
    add("--patience", type=options.seconds, default=PATIENCE, help=PATIENCE_HELP)
    return parser.parse_args()


def choose(arguments: argparse.Namespace) -> tuple[Behaviour, ...]:
    """Return what is to be checked."""
    behaviours = EXERCISES[arguments.name]
    if arguments.only is None:
        return behaviours
    chosen = tuple(one for one in behaviours if one.name == arguments.only)
    if not chosen:
        names = ", ".join(one.name for one in behaviours)
        sys.exit(f"check.py: {arguments.only!r} is none of {names}")
    return chosen


def check(path: Path, behaviours: tuple[Behaviour, ...], patience: float, go_on: bool) -> int:
    """Check behaviours until one is missing."""
    report = Report()
    command = shlex.quote(path.as_posix())
    with ServerProgram(command, ["--port", "0"], patience) as program:
        for behaviour in behaviours:
            if not has(behaviour, program, patience, report) and not go_on:
                break
    return report.finish()


def has(behaviour: Behaviour, program: ServerProgram, patience: float, report: Report) -> bool:
    """Start the server, and see whether it has a behaviour."""
    report.begin(behaviour)
    try:
        program.start()
        where = urlsplit(program.url)
        with Harness(Address(where.hostname, where.port, "/"), patience, program) as harness:
            check_one(behaviour, harness)
    except BehaviourFailed as failure:
        report.fail(behaviour, failure, harness)
        report.show_output(program)
        return False
    except MsgproxyError:
        report.show_output(program)
        raise
    report.ok(behaviour)
    return True


def check_one(behaviour: Behaviour, harness: Harness) -> None:
    """Check one behaviour. A server may do what nobody thought of, at any moment."""
    with expecting("connected some clients, which talked", "the server goes on serving them"):
        behaviour.check(harness)


if __name__ == "__main__":
    sys.exit(main())
