"""A benchmark: msgproxy, its peers and the same shape in C, with the same load, in turns.

    python tests/benchmarks                 # the same as `compare`
    python tests/benchmarks growth --help   # the options of a command

Rule: it measures and never judges. Times differ from machine to machine and from minute to
minute, so nothing here is asserted; read the ratios, and take differences under a quarter as
ties. What must hold everywhere, that no message is lost, is below the tables.

Here is also the command `publish`, which runs the others and writes their tables into README.md,
between its marks. A table is replaced as a whole, with the machine on which it was measured. What
the numbers mean is written by hand, around them: read it again afterwards. It takes some twenty
minutes, on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import re
import signal
import subprocess
import sys
from typing import Any

import bridge
import compare
import versions
from contenders import CHECKOUT, HERE
from wire import ServerFailed, TooFewFiles


def main() -> int:
    """Run a command; return its exit status."""
    given = sys.argv[1:]
    if not given or (given[0].startswith("-") and given[0] not in ("-h", "--help")):
        given.insert(0, "compare")
    arguments = make_parser().parse_args(given)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the same as Ctrl-C
    try:
        status: int = arguments.run(arguments)
    except (OSError, ServerFailed, TooFewFiles, LookupError) as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return compare.INTERRUPTED
    return status


def make_parser() -> argparse.ArgumentParser:
    """Return the parser with all commands."""
    parser = argparse.ArgumentParser(
        prog="python tests/benchmarks",
        description="Measure msgproxy. The default command is 'compare'.",
        epilog="'python tests/benchmarks COMMAND --help' lists the options of a command.",
    )
    rounds = argparse.ArgumentParser(add_help=False)
    add: Any = rounds.add_argument
    add("--rounds", type=int, default=3, metavar="N", help="(default: 3)")
    add("--seconds", type=float, default=2.0, help="of each measurement (default: 2)")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    compare.add_commands(commands, rounds)
    bridge.add_command(commands, rounds)
    versions.add_command(commands)
    about = "measure all of it, and write the tables of README.md"
    publishing = commands.add_parser("publish", help=about, description=about, parents=[rounds])
    add = publishing.add_argument
    add("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART")
    publishing.set_defaults(run=publish)
    return parser


README = HERE / "README.md"
GROWTH = CHECKOUT / "tutorial" / "_static" / "growth.svg"

COMPARE = ("compare", "--markdown")
PARTS: dict[str, tuple[str, ...]] = {
    "peers": COMPARE,
    "shape": (*COMPARE, "--servers", "same-shape-in-c", "msgproxy"),
    "options": (
        *COMPARE,
        *("--servers", "msgproxy", "msgproxy:no-trace", "msgproxy:any-core", "msgproxy:log"),
    ),
    "steps": (*COMPARE, "--only", "fan100", "lat20", "--servers", "step10", "step11"),
    "bridge": ("bridge",),
    "growth": ("growth", "--plot", str(GROWTH)),
}
"""By the name of its marks, the command whose output belongs between them."""


def publish(arguments: argparse.Namespace) -> int:
    """Measure the chosen parts, one after the other, and write each as soon as it is there."""
    for part in PARTS:
        put_between(README.read_text(), part, "")  # before anything is measured
    for part in arguments.only:
        print(f"== {part}", file=sys.stderr)
        options = ("--rounds", str(arguments.rounds), "--seconds", str(arguments.seconds))
        command = [sys.executable, str(HERE), *PARTS[part], *options]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            return done.returncode
        README.write_text(put_between(README.read_text(), part, done.stdout.strip()))
    return 0


def put_between(page: str, part: str, text: str) -> str:
    """Return the page with a text between the marks of a part. Raise LookupError without them."""
    begin, end = f"<!-- measured: {part} -->", f"<!-- end: {part} -->"
    pattern = re.compile(f"({re.escape(begin)}\n).*?({re.escape(end)})", re.DOTALL)
    page, count = pattern.subn(lambda found: f"{found[1]}{text}\n{found[2]}", page)
    if count != 1:
        raise LookupError(f"{README.name} has no marks for {part!r}, or several")
    return page


if __name__ == "__main__":
    sys.exit(main())
