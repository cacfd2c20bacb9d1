"""Two versions of msgproxy, compared burst by burst: for differences of a few percent.

    git worktree add /tmp/before HEAD~1
    python tests/benchmarks/versions.py /tmp/before . --clients 100 --at-once 1

Rule: what is compared is the processor time of the servers, and not how long anything takes. All of
them run all the time, and get the same short burst of messages in turns. So whatever else the
machine does, it does to all of them. The first version is there twice: how far its ratio is from 1
says how much to believe of the others.

It needs Linux, where one process may read the processor time of another.
"""

from __future__ import annotations

import argparse
import selectors
import signal
import socket
import statistics
import sys
import time
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path

import wire
from contenders import MSGPROXY, Contender, Running, running
from scenarios import SMALL

BURST = 12
"""Messages of a burst, or as many as are on the way at once. It waits until all have them."""

REST = 0.003
"""Seconds after a burst, in which the server's threads go back to sleep."""


def main() -> int:
    """Measure and print."""
    arguments = parse_arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the servers are ended, too
    folders = [*arguments.folders, arguments.folders[0]]
    names = [*map(str, arguments.folders), "the first again"]
    wire.allow_open_files(len(folders) * arguments.clients)
    used: dict[str, list[float]] = defaultdict(list)
    with ExitStack() as stack:
        audiences = {
            name: Audience(stack, stack.enter_context(running(version(folder))), arguments.clients)
            for name, folder in zip(names, folders, strict=True)
        }
        for number in range(arguments.bursts):
            begin = number % len(names)  # none is always the first
            for name in names[begin:] + names[:begin]:
                used[name].append(audiences[name].burst(arguments.at_once))
    print("| version | µs of processor per delivery, median | ratio, median |\n|---|--:|--:|")
    for name, figures in used.items():
        ratios = [one / first for one, first in zip(figures, used[names[0]], strict=True)]
        print(f"| {name} | {statistics.median(figures):.2f} | {statistics.median(ratios):.3f} |")
    return 0


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Compare versions of msgproxy, burst by burst.")
    parser.add_argument("folders", nargs="+", type=Path, help="checkouts of msgproxy")
    parser.add_argument("--clients", type=int, default=100, help="one of them sends")
    parser.add_argument("--at-once", type=int, default=1, metavar="N", help="messages on the way")
    parser.add_argument("--bursts", type=int, default=100, metavar="N", help="for each version")
    arguments = parser.parse_args()
    for folder in arguments.folders:
        if not (folder / "msgproxy").is_dir():
            parser.error(f"{folder} is no checkout of msgproxy")
    return arguments


def version(folder: Path) -> Contender:
    """Return the server of a checkout, whichever msgproxy is installed."""
    path = str(folder.resolve())
    code = f"import sys; sys.path.insert(0, {path!r})\nfrom msgproxy.cli.main import main; main()"
    return Contender(str(folder), ("-c", code, *MSGPROXY[MSGPROXY.index("serve") :]))


class Audience:
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


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)  # as the shell counts it: 128 and the number of SIGINT
    except wire.ServerFailed as error:
        sys.exit(f"versions: {error}")
