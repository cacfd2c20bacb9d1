"""The command line: which command runs, and what its failure looks like.

Rule: whatever goes wrong ends here, as one line on stderr and an exit status: 2 if the command
was wrong, 1 if it failed. A user never sees a traceback.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from msgproxy import __version__
from msgproxy.cli import chat, check, process, serve, watch
from msgproxy.errors import InvalidOption, MsgproxyError
from msgproxy.terminal.screen import drop_output, escape

COMMANDS = {"serve": serve, "chat": chat, "watch": watch, "check": check}
"""Each has `add_arguments`, which adds its options to a parser, and `run`."""

DEFAULT = "serve"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit status. `arguments` is what follows the program's name."""
    process.open_standard_streams()
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = make_parser()
    if not given or (given[0].startswith("-") and given[0] not in ("-h", "--help", "--version")):
        given.insert(0, DEFAULT)
    elif not given[0].startswith("-") and given[0] not in COMMANDS:
        names = ", ".join(COMMANDS)
        parser.error(f"there is no command {escape(given[0])!r}; the commands are {names}")
    try:
        return _run(parser, given)
    except InvalidOption as error:
        parser.exit(2, f"msgproxy: {error}\n")
    except (MsgproxyError, OSError) as error:  # OSError: when nothing can be printed, say
        parser.exit(1, f"msgproxy: {error}\n")
    except KeyboardInterrupt:
        return 130  # as the shell counts it: 128 and the number of SIGINT


def _run(parser: argparse.ArgumentParser, given: Sequence[str]) -> int:
    try:
        chosen = parser.parse_args(given)
        status: int = COMMANDS[chosen.command].run(chosen)
        return status
    finally:  # also after --help
        _flush()


def _flush() -> None:
    """Print what stdout has kept. At exit, a failure would be a complaint of Python's."""
    try:
        sys.stdout.flush()
    except OSError:
        drop_output()
        raise


class OneLineParser(argparse.ArgumentParser):
    """Says what is wrong in one line, instead of after a screen of usage."""

    def error(self, message: str) -> NoReturn:
        """Exit with status 2."""
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def make_parser() -> argparse.ArgumentParser:
    """Return the parser with all commands; the docs' reference is made from it too."""
    parser = OneLineParser(
        prog="msgproxy",
        description="A WebSocket message proxy: what a client sends goes to all other clients.",
        epilog=f"The default command is '{DEFAULT}'. 'msgproxy COMMAND --help' lists its options.",
    )
    parser.add_argument("--version", action="version", version=f"msgproxy {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, module in COMMANDS.items():
        summary = (module.run.__doc__ or "").partition("\n")[0]
        module.add_arguments(commands.add_parser(name, help=summary, description=summary))
    return parser
