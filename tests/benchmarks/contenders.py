"""The servers that are compared, each in a process of its own.

Rule: all do the same job, to forward each message to all clients but its sender; the peers as
their documentation shows it. No server compresses: msgproxy cannot, so the others must not.

By default msgproxy is compared with its peers. On request it is compared with itself under other
options, and with the same threads and queues in C (`--servers msgproxy same-shape-in-c`); and steps
of the tutorial with each other: `--servers step10 step11`. (A step has few limits of its own: use
up to 100 clients, and runs that end before its first ping, after 5 s.)
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

from wire import PATIENCE, ServerFailed

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]

SUBJECT = "msgproxy"
"""A contender whose name begins like this is compared with all others; else the last one is."""

MSGPROXY = (
    *("-m", "msgproxy", "serve", "--port", "0"),
    *("--max-clients", "6000", "--log-level", "error"),
)


@dataclass(frozen=True, slots=True)
class Contender:
    """A server: its name in the tables, and the arguments of Python that run it."""

    name: str
    arguments: tuple[str, ...]

    @property
    def is_subject(self) -> bool:
        """Whether it is msgproxy, with whatever options."""
        return self.name.startswith(SUBJECT)


def peer(name: str, file: str) -> Contender:
    """Return a contender that is a program in `servers/`."""
    return Contender(name, (str(HERE / "servers" / file),))


def step(path: Path) -> Contender:
    """Return a contender that is a step of the tutorial, such as "step10"."""
    return Contender(path.name.partition("_")[0], (str(path), "--port", "0"))


DEFAULT = (
    Contender("msgproxy", MSGPROXY),
    peer("websockets", "websockets_asyncio.py"),
    peer("websockets.sync", "websockets_threads.py"),
    peer("websockets.sync:broadcast", "websockets_broadcast.py"),
    peer("simple-websocket", "simple_websocket_threads.py"),
)

ON_REQUEST = (
    Contender("msgproxy:no-trace", (*MSGPROXY, "--no-trace")),
    Contender("msgproxy:any-core", (*MSGPROXY, "--scheduling", "default")),
    peer("same-shape-in-c", "same_shape.py"),
    Contender("msgproxy:log", (*MSGPROXY, "--log-level", "info")),
    *map(step, sorted((CHECKOUT / "tutorial" / "steps").glob("step*.py"))),
)

CONTENDERS = {contender.name: contender for contender in (*DEFAULT, *ON_REQUEST)}


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
            start_new_session=True,  # so Ctrl-C reaches this process alone, which then ends it
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
    if match := re.search(r"(?:http|ws)://[^/]*:(\d+)/", line):
        return int(match[1])
    server.wait(PATIENCE)
    errors.seek(0)
    last = errors.read().strip().rpartition("\n")[2]
    raise ServerFailed(f"it did not start: {last or line!r}")
