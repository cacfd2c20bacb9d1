"""Ports for servers that other programs start, or that come back where they were.

Rule: no two tests get the same port. A server may bind it a second after it was found free, and in
a run of a minute some hundred are asked for: now and then two would talk to one server.
"""

from __future__ import annotations

import contextlib
import os
import random
import socket
from collections.abc import Iterator

RANGE = range(10_000, 30_000)
"""Systems hand out higher ones for connections: there, one that is free may be taken soon."""


def ports_of_worker(worker: str, count: int) -> list[int]:
    """Return the ports of one of `count` processes that run tests at the same time, shuffled.

    `worker` is pytest-xdist's name for it: "gw0", "gw1" and so on.
    """
    mine = RANGE[int(worker.removeprefix("gw")) :: count]
    return random.sample(mine, len(mine))


def _each_in_turn() -> Iterator[int]:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    count = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    while True:
        yield from ports_of_worker(worker, count)


_ports = _each_in_turn()


def free_port() -> int:
    """Return a port on which nobody listens, and which nobody else is given."""
    while True:
        port = next(_ports)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
