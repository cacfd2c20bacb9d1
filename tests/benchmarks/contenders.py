"""The servers that are compared, each in a process of its own.

Rule: all do the same job, to forward each message to all clients but its sender; the peers as
their documentation shows it. No server compresses: msgproxy cannot, so the others must not.

To compare msgproxy with itself, add a line with other options.
"""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from crowd import PATIENCE, ServerFailed

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]

SUBJECT = "msgproxy"
"""Contenders whose name begins like this are compared with all others."""

MSGPROXY = (
    *("-m", "msgproxy", "serve", "--port", "0"),
    *("--max-clients", "6000", "--log-level", "error"),
)


@dataclass(frozen=True, slots=True)
class Contender:
    """A server: its name in the tables, and what Python is to run."""

    name: str
    arguments: tuple[str, ...]

    @property
    def is_subject(self) -> bool:
        """Whether it is msgproxy, with whatever options."""
        return self.name.startswith(SUBJECT)


def peer(name: str, file: str) -> Contender:
    """Return a contender that is a program in `servers/`."""
    return Contender(name, (str(HERE / "servers" / file),))


ALL = (
    Contender("msgproxy", MSGPROXY),
    Contender("msgproxy:any-core", (*MSGPROXY, "--scheduling", "default")),
    peer("websockets", "websockets_asyncio.py"),
    peer("websockets.sync", "websockets_threads.py"),
    peer("simple-websocket", "simple_websocket_threads.py"),
)

CONTENDERS = {contender.name: contender for contender in ALL}


@dataclass(frozen=True, slots=True)
class Running:
    """A server that runs: its process, and where it listens."""

    pid: int
    port: int


@contextlib.contextmanager
def running(contender: Contender) -> Iterator[Running]:
    """Run a server as long as the `with` block lasts."""
    with tempfile.TemporaryFile("w+") as errors:
        server = subprocess.Popen(
            [sys.executable, *contender.arguments],
            cwd=CHECKOUT,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,  # so Ctrl-C reaches us alone, and we end it in good order
        )
        try:
            yield Running(server.pid, _port_of(server, errors))
        finally:
            end(server)


def end(process: subprocess.Popen[str]) -> None:
    """End a process: politely, and if that does not help, at once."""
    process.terminate()
    try:
        process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def _port_of(server: subprocess.Popen[str], errors: IO[str]) -> int:
    """Return the port in the line that the server prints when it is ready."""
    assert server.stdout is not None
    line = server.stdout.readline()
    if match := re.search(r"http://[^/]*:(\d+)/", line):
        return int(match[1])
    server.wait(PATIENCE)
    errors.seek(0)
    last = errors.read().strip().rpartition("\n")[2]
    raise ServerFailed(f"it did not start: {last or line!r}")
