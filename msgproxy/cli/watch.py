"""`msgproxy watch`: the clients of a server and how they are doing, in a terminal.

Rule: the main thread alone writes, as in `chat`. It takes what the listener thread has put on
the queue and shows the newest counts; older ones only count towards the rates.

On a terminal it draws a table on the alternate screen, again and again; `q` ends it, and the last
table stays. Otherwise it prints lines for `grep` and `awk`: one for each client that has joined,
gone, or has other numbers than before, once a second at most.
"""

from __future__ import annotations

import argparse
import math
import os
import queue
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from msgproxy.errors import Disconnected
from msgproxy.terminal import full_screen, screen, table
from msgproxy.terminal.address import websocket_url
from msgproxy.terminal.client import Client, ConnectionEnded, MessageReceived
from msgproxy.terminal.counts import ClientCounts, Row
from msgproxy.terminal.full_screen import KeyPressed

QUEUE_SIZE = 10
"""Events that may wait to be shown while the terminal takes nothing."""

SILENCE = 10.0
"""Seconds without counts after which the server is given up: it sends them twice a second."""

LINES_EVERY = 1.0
"""Seconds between two lines about one client, in a pipe."""

GET_INTERVAL = 1.0
"""Seconds of one wait for the queue: on Windows Ctrl-C is noticed only in between."""

NOT_WATCHED = "it cannot be watched: an older server, or one with --no-trace"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    add = parser.add_argument
    add("url", metavar="URL", help="the server, such as http://localhost:8765/ or localhost:8765")
    add("--once", action="store_true", help="print one table, and end")


def run(arguments: argparse.Namespace) -> int:
    """Show the clients of a proxy and how they are doing."""
    screen.prepare_streams()
    events: queue.Queue[Any] = queue.Queue(QUEUE_SIZE)
    client = Client(trace_url(arguments.url), events, {404: NOT_WATCHED})
    clients = ClientCounts(arguments.url)
    try:
        if arguments.once:
            _show_once(clients, events)
        elif full_screen.is_available():
            _show_on_screen(clients, events)
        else:
            _show_as_lines(clients, events)
    except BrokenPipeError:
        pass  # as after `| head -1`: nobody reads the rest
    finally:
        client.send_close()
    return 0


def trace_url(url: str) -> str:
    """Return where a server has its counts. Raise CannotConnect if `url` means no server."""
    parts = urlsplit(websocket_url(url))
    path = parts.path.rstrip("/").removesuffix("/trace")
    return f"{parts.scheme}://{parts.netloc}{path}/trace?counts"


def _updates(clients: ClientCounts, events: queue.Queue[Any]) -> Iterator[None]:
    """Yield after each update, until `q`. Raise Disconnected when the server has gone."""
    silence = 0.0  # not by the clock: that goes on while this program is stopped, or its machine
    while silence < SILENCE:
        try:
            waiting = [events.get(timeout=GET_INTERVAL)]
        except queue.Empty:
            silence += GET_INTERVAL
            continue
        waiting += [events.get_nowait() for _ in range(events.qsize())]
        for event in waiting:
            match event:
                case MessageReceived(message):
                    silence = 0.0
                    clients.update(message, time.monotonic())
                case ConnectionEnded(error):
                    raise error
                case KeyPressed("q" | "Q"):
                    return
        yield
    raise Disconnected(f"the server has sent nothing for {SILENCE:g} seconds")


def _show_once(clients: ClientCounts, events: queue.Queue[Any]) -> None:
    """Print one table, as soon as there are rates to show."""
    for _ in _updates(clients, events):
        if clients.updates > 1:
            break
    width = full_screen.size()[0] if sys.stdout.isatty() else math.inf
    _print(table.render(clients, width))


def _show_on_screen(clients: ClientCounts, events: queue.Queue[Any]) -> None:
    """Draw the table again whenever there are new counts."""
    last: list[str] = []
    try:
        with full_screen.opened(events):
            for _ in _updates(clients, events):
                columns, height = full_screen.size()
                last = table.render(clients, columns, height - 1)  # and the line of the prompt
                is_coloured = not os.environ.get("NO_COLOR")
                full_screen.draw(table.render(clients, columns, height, is_coloured)[:height])
    finally:
        _print(last)


def _show_as_lines(clients: ClientCounts, events: queue.Queue[Any]) -> None:
    """Print a line for each client that has changed since its last line."""
    shown: dict[int, tuple[float, str]] = {}
    for _ in _updates(clients, events):
        now = time.monotonic()
        rows = clients.rows()
        # A client that is no longer among the rows has had its last line.
        shown = {row.latest.number: shown.get(row.latest.number, (0.0, "")) for row in rows}
        for row in rows:
            at, line = shown[row.latest.number]
            is_gone = row.gone_at is not None
            # After one count alone, it is not known yet whether a client is talking.
            is_due = is_gone or (row.updates > 1 and now - at >= LINES_EVERY)
            if is_due and line != (new := _line(row)):
                shown[row.latest.number] = now, new
                _print([f"{time.strftime('%H:%M:%S')} {new}"])


def _line(row: Row) -> str:
    of = row.latest
    peer = of.peer.replace(" ", r"\x20")  # so that each line has the same number of words
    return (
        f"client={of.number} from={peer} state={row.state}"
        f" messages_in={of.messages_in} bytes_in={of.bytes_in}"
        f" messages_out={of.messages_out} bytes_out={of.bytes_out} waiting={of.waiting}"
    )


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        screen.print_line(line)
