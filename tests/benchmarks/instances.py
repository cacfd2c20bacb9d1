"""Instances that are joined by a Redis stream, in one order or the other, for as long as needed.

Rule: whatever is measured runs in processes of its own, each time anew, on free ports; in the end
none is left. All run the msgproxy of this checkout, with the same options.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

import contenders
from crowd import ServerFailed

STREAM_FIRST = contenders.HERE / "stream_first.py"
RUN_IT = f"import runpy; runpy.run_path({str(STREAM_FIRST)!r}, run_name='__main__')"
"""Not the file itself: as with `-m msgproxy`, the package is the one where it is started."""

OPTIONS = contenders.MSGPROXY[contenders.MSGPROXY.index("serve") + 1 :]

ORDERS = {
    "local first": contenders.MSGPROXY,
    "stream first": ("-c", RUN_IT, *OPTIONS),
}
"""The orders that clients of several instances may have, and what Python is to run for them."""


@dataclass(frozen=True, slots=True)
class Setup:
    """Some instances, and on which of them the clients are: client n on `places[n % ...]`."""

    name: str
    instances: int = 1
    order: str = ""
    """One of `ORDERS`; without a bridge, none."""
    places: tuple[int, ...] = (0,)
    """The one that sends with a pace is client 0."""

    def place_of(self, client: int) -> int:
        """Return on which instance a client is."""
        return self.places[client % len(self.places)]


@contextlib.contextmanager
def running(setup: Setup) -> Iterator[list[int]]:
    """Run the instances, and a Redis server if they need one; yield their ports."""
    with contextlib.ExitStack() as stack:
        arguments: tuple[str, ...] = contenders.MSGPROXY
        if setup.order:
            url = f"redis://127.0.0.1:{stack.enter_context(redis_server())}/0?stream=benchmark"
            arguments = (*ORDERS[setup.order], "--bridge", url)
        contender = contenders.Contender("bridge", arguments)
        running = [contenders.running(contender) for _ in range(setup.instances)]
        yield [stack.enter_context(one).port for one in running]


@contextlib.contextmanager
def redis_server() -> Iterator[int]:
    """Run a Redis server that keeps nothing on disk; yield its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
        server = subprocess.Popen(
            ["redis-server", *options], stdout=subprocess.PIPE, start_new_session=True, text=True
        )
        try:
            assert server.stdout is not None
            if not any("Ready to accept connections" in line for line in server.stdout):
                raise ServerFailed("redis-server did not start")
            yield port
        finally:
            contenders.end(server)
