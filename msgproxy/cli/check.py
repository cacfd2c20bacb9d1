"""`msgproxy check`: what a WebSocket server can do, seen from outside.

Rule: it knows nothing about how a server is made, so it can check any server, in any language. It
explains a failure to somebody who is stuck: what was done, what was expected, what came instead.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from msgproxy.check.behaviours.catalogue import BEHAVIOURS, NAMES, Behaviour
from msgproxy.check.client import Address
from msgproxy.check.failure import BehaviourFailed
from msgproxy.check.harness import Harness
from msgproxy.check.program import ServerProgram
from msgproxy.check.report import Report
from msgproxy.cli import options
from msgproxy.errors import CannotConnect, InvalidOption
from msgproxy.terminal import screen
from msgproxy.terminal.address import connect, websocket_url

PATIENCE = 5.0
"""Seconds after which something counts as missing."""

ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Addresses that mean "all", and where a server that listens on them can be reached."""

ENDINGS = ("SIGTERM", "SIGHUP")
"""Signals that end a check with --run, as far as the system has them."""

TARGET_HELP = """the server, such as ws://localhost:8765/; with --run: arguments for the program,
after '--'"""

RUN_HELP = """start this server: my_server.py, '-m my_module' or any other command. It has to print
its address, such as ws://localhost:8765/"""

PATIENCE_HELP = """time after which something counts as missing (default: %(default)g);
notices-silence waits 12 times as long, closes-cleanly 4 times"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    add = parser.add_argument
    add("target", nargs="*", metavar="URL", help=TARGET_HELP)
    add("--run", metavar="PROGRAM", help=RUN_HELP)
    only_help = "check only this; may be repeated"
    add("--only", action="append", type=_name, metavar="NAME", help=only_help)
    add("--until", type=_name, metavar="NAME", help="stop after this")
    add("--all", action="store_true", help="go on after a failure")
    add("--list", action="store_true", help="list what is checked, and check nothing")
    add(
        "--patience",
        type=options.seconds,
        default=PATIENCE,
        metavar="SECONDS",
        help=PATIENCE_HELP,
    )


def _name(text: str) -> str:
    if text in NAMES:
        return text
    raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(NAMES)}")


def run(arguments: argparse.Namespace) -> int:
    """Check what a WebSocket server can do, in any language."""
    screen.prepare_streams()
    chosen = _choose(arguments.only, arguments.until)
    if arguments.list:
        for behaviour in chosen:
            print(f"{behaviour.name:18}{behaviour.promise}")
        return 0
    if arguments.run is None:
        return _check_address(arguments, chosen)
    with stopped_by_signals():
        return _check_program(arguments, chosen)


def _choose(only: Sequence[str] | None, until: str | None) -> Sequence[Behaviour]:
    if only and until:
        raise InvalidOption("--only and --until do not go together")
    if only:
        return [behaviour for behaviour in BEHAVIOURS if behaviour.name in only]
    return BEHAVIOURS[: NAMES.index(until) + 1] if until else BEHAVIOURS


def _check_address(arguments: argparse.Namespace, chosen: Sequence[Behaviour]) -> int:
    """Check a server that somebody else starts and stops."""
    if len(arguments.target) != 1:
        raise InvalidOption("check what? Give one URL, or --run PROGRAM")
    try:
        address = _as_address(arguments.target[0])
    except CannotConnect as error:
        raise InvalidOption(str(error)) from None
    try:
        connect(address.host, address.port, arguments.patience).close()
    except OSError as error:
        where = f"{address.name}: {error.strerror or error}"
        raise CannotConnect(f"cannot connect to {where}; is the server running?") from None
    report = Report()
    for behaviour in chosen:
        if behaviour.needs_program:
            report.skip(behaviour, "only with --run, since it stops the server")
            continue
        passes = _passes(behaviour, Harness(address, arguments.patience), report)
        if not passes and not arguments.all:
            break
    return report.finish()


def _check_program(arguments: argparse.Namespace, chosen: Sequence[Behaviour]) -> int:
    """Start a program, check it, and end it; start it again whenever it has ended."""
    report = Report()
    with ServerProgram(arguments.run, arguments.target, arguments.patience) as program:
        for behaviour in chosen:
            if behaviour.needs_program and os.name == "nt":
                report.skip(behaviour, "on Windows, one cannot press Ctrl-C for another program")
                continue
            if not program.is_running:
                _start(program, report)
            harness = Harness(_as_address(program.url), arguments.patience, program)
            if _passes(behaviour, harness, report):
                continue
            report.show_output(program)
            if not arguments.all:
                break
    return report.finish()


def _start(program: ServerProgram, report: Report) -> None:
    try:
        program.start()
    except CannotConnect:
        report.show_output(program)
        raise


def _passes(behaviour: Behaviour, harness: Harness, report: Report) -> bool:
    """Check one behaviour and report it."""
    try:
        report.begin(behaviour)
        with harness:
            behaviour.check(harness)
    except BehaviourFailed as failure:
        report.fail(behaviour, failure, harness)
        return False
    report.ok(behaviour)
    return True


def _as_address(url: str) -> Address:
    parts = urlsplit(websocket_url(url))
    if parts.scheme != "ws":
        raise CannotConnect("only ws:// can be checked, not TLS")
    host, port = parts.hostname, parts.port
    assert host is not None, "websocket_url has checked it"
    assert port is not None, "websocket_url adds the default"
    path = f"{parts.path}?{parts.query}".rstrip("?")
    return Address(ANY_ADDRESS.get(host, host), port, path)


@contextlib.contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Let SIGTERM end this as Ctrl-C does, and SIGHUP, which comes when the terminal is closed.

    The server of --run would be left running otherwise. It has no terminal, so no SIGHUP either.
    """

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    numbers = [getattr(signal, name) for name in ENDINGS if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:  # as with `process.on_signal`
            signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
