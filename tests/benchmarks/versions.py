"""The command `versions`: two of msgproxy, compared burst by burst, for a few percent.

    git worktree add /tmp/before HEAD~1
    python tests/benchmarks versions /tmp/before . --clients 100 --at-once 1

Rule: what is compared is the processor time of the servers, and not how long anything takes. All of
them run all the time, and get the same short burst of messages in turns. So whatever else the
machine does, it does to all of them. The first version is there twice: how far its ratio is from 1
says how much to believe of the others.

It needs Linux, where one process may read the processor time of another.
"""

from __future__ import annotations

import argparse
import selectors
import socket
import time
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

import wire
from contenders import MSGPROXY, Contender, Running, running
from report import show, table
from scenarios import SMALL

BURST = 12
"""Messages of a burst, or as many as are on the way at once. It waits until all have them."""

REST = 0.003
"""Seconds after a burst, in which the server's threads go back to sleep."""


def add_command(commands: Any) -> None:
    """Add the command."""
    about = "compare the processor time of several checkouts, burst by burst"
    parser = commands.add_parser("versions", help=about, description=about)
    parser.set_defaults(run=run)
    add: Any = parser.add_argument
    add("folders", nargs="+", type=checkout, help="checkouts of msgproxy")
    add("--clients", type=int, default=100, help="one of them sends")
    add("--at-once", type=int, default=1, metavar="N", help="messages on the way")
    add("--bursts", type=int, default=100, metavar="N", help="for each version")


def checkout(folder: str) -> Path:
    """Return the path of a checkout."""
    if not (Path(folder) / "msgproxy").is_dir():
        raise argparse.ArgumentTypeError(f"{folder} is no checkout of msgproxy")
    return Path(folder)


def run(arguments: argparse.Namespace) -> int:
    """Measure and print."""
    folders = [*arguments.folders, arguments.folders[0]]
    names = [*map(str, arguments.folders), "the first again"]
    wire.allow_open_files(len(folders) * arguments.clients)
    used: dict[str, list[float]] = defaultdict(list)
    with ExitStack() as stack:
        crowds = {
            name: Crowd(stack, stack.enter_context(running(version(folder))), arguments.clients)
            for name, folder in zip(names, folders, strict=True)
        }
        for number in range(arguments.bursts):
            begin = number % len(names)  # none is always the first
            for name in names[begin:] + names[:begin]:
                used[name].append(crowds[name].burst(arguments.at_once))
    heads = ["version", "µs of processor per delivery, median", "ratio, median"]
    first, rows = used[names[0]], []
    for name, figures in used.items():
        ratios = [one / other for one, other in zip(figures, first, strict=True)]
        rows.append([name, show(median(figures), 2), show(median(ratios), 3)])
    print(table(heads, rows))
    return 0


def version(folder: Path) -> Contender:
    """Return the server of a checkout, whichever msgproxy is installed."""
    path = str(folder.resolve())
    code = f"import sys; sys.path.insert(0, {path!r})\nfrom msgproxy.cli.main import main; main()"
    return Contender(str(folder), ("-c", code, *MSGPROXY[MSGPROXY.index("serve") :]))


class Crowd:
    """All clients of one server. The first one sends, and all others receive."""

    def __init__(self, stack: ExitStack, server: Running, count: int) -> None:
        self._clock = (~server.pid << 3) | 2  # of another process: see `man clock_getcpuclockid`
        self._sender, *others = stack.enter_context(wire.crowd(server.port, count))
        self._receivers = stack.enter_context(selectors.DefaultSelector())
        for client in others:
            self._receivers.register(client, selectors.EVENT_READ)
        self._count = len(others)

    def burst(self, at_once: int) -> float:
        """Send and receive. Return the server's microseconds of processor for each delivery."""
        layout = wire.Layout(SMALL)
        frames = layout.encode(0, 0, 0) * at_once
        rounds = max(1, BURST // at_once)
        began = time.clock_gettime(self._clock)
        for _ in range(rounds):
            self._sender.sendall(frames)
            self._receive(layout.frame_size * at_once * self._count)
        time.sleep(REST)
        used = time.clock_gettime(self._clock) - began
        return used / (rounds * at_once * self._count) * 1e6

    def _receive(self, missing: int) -> None:
        while missing > 0:
            ready = self._receivers.select(wire.PATIENCE)
            if not ready:
                raise wire.ServerFailed(f"{missing} bytes have not arrived")
            for key, _ in ready:
                assert isinstance(key.fileobj, socket.socket)
                missing -= len(key.fileobj.recv(65536))
