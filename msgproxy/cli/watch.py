"""`msgproxy watch`: who is on a server and how they are doing, in a terminal.

Rule: the main thread does all that can be noticed, as in `chat`. It takes what the listener
thread has put on the queue, and shows the latest of it; what came before that is only counted.

On a terminal it is a table that is drawn anew each time, on the alternate screen; the last one
stays when it is over. Otherwise it is lines, for `grep` and `awk`: one for each client that has
come, gone, or had other numbers than before, once a second at most.
"""

from __future__ import annotations

import argparse
import math
import os
import queue
import shutil
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from msgproxy.errors import Disconnected
from msgproxy.terminal import screen, table
from msgproxy.terminal.client import Client, ConnectionEnded, MessageReceived, websocket_url
from msgproxy.terminal.counts import ClientCounts, Row

QUEUE_SIZE = 10
"""Counts that may wait to be shown, while the terminal takes nothing."""

SILENCE = 10.0
"""Seconds without counts after which the server is given up: it sends some twice a second."""

LINES_EVERY = 1.0
"""Seconds between two lines about one client, in a pipe."""

GET_INTERVAL = 1.0
"""Seconds of one wait for the queue: on Windows Ctrl-C is noticed only in between."""

NOT_WATCHED = "it cannot be watched: an older server, or one with --no-trace"

# The alternate screen, without a cursor, and without lines that wrap; and all of it back.
ENTER, LEAVE = "\x1b[?1049h\x1b[?25l\x1b[?7l", "\x1b[?7h\x1b[?25h\x1b[?1049l"

HOME, REST_OF_LINE, REST_OF_SCREEN = "\x1b[H", "\x1b[K", "\x1b[J"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    add = parser.add_argument
    add("url", metavar="URL", help="the server, such as http://localhost:8765/ or localhost:8765")
    add("--once", action="store_true", help="print one table, and end")


def run(arguments: argparse.Namespace) -> int:
    """Show who is on a proxy, and how they are doing."""
    screen.prepare_streams()
    events: queue.Queue[Any] = queue.Queue(QUEUE_SIZE)
    client = Client(trace_url(arguments.url), events, {404: NOT_WATCHED})
    clients = ClientCounts(arguments.url)
    try:
        if arguments.once:
            _show_once(clients, events)
        elif _is_screen():
            _show_on_screen(clients, events)
        else:
            _show_as_lines(clients, events)
    except BrokenPipeError:
        pass  # as after `| head -1`: nobody wants to know more
    finally:
        client.send_close()
    return 0


def trace_url(url: str) -> str:
    """Return where the counts are, on the server that is meant. Raise CannotConnect if none is."""
    parts = urlsplit(websocket_url(url))
    path = parts.path.rstrip("/").removesuffix("/trace")
    return f"{parts.scheme}://{parts.netloc}{path}/trace?counts"


def _is_screen() -> bool:
    return sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def _updates(clients: ClientCounts, events: queue.Queue[Any]) -> Iterator[None]:
    """Yield whenever the clients has something new. Raise Disconnected when the server has gone."""
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
        yield
    raise Disconnected(f"the server has sent nothing for {SILENCE:g} seconds")


def _show_once(clients: ClientCounts, events: queue.Queue[Any]) -> None:
    """Print a table, as soon as there are rates to show."""
    for _ in _updates(clients, events):
        if clients.times > 1:
            break
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else math.inf
    _print(table.render(clients, width))


def _show_on_screen(clients: ClientCounts, events: queue.Queue[Any]) -> None:
    """Show the table, and draw it anew whenever there are counts. Only what ends it, ends it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the screen is given back
    last: list[str] = []
    try:
        with _alternate_screen():
            for _ in _updates(clients, events):
                columns, height = shutil.get_terminal_size()
                last = table.render(clients, columns, height - 1)  # and the line of the prompt
                is_coloured = not os.environ.get("NO_COLOR")
                _draw(table.render(clients, columns, height, is_coloured)[:height])
    finally:
        _print(last)


@contextmanager
def _alternate_screen() -> Iterator[None]:
    _write(ENTER)
    if hasattr(signal, "SIGTSTP"):  # Ctrl-Z; there is none on Windows
        signal.signal(signal.SIGTSTP, _suspend)
    try:
        yield
    finally:
        _write(LEAVE)


def _suspend(*_: object) -> None:
    """Stop, as Ctrl-Z does, with the shell's own screen on the terminal. Go on from here."""
    _write(LEAVE)
    os.kill(os.getpid(), signal.SIGSTOP)
    _write(ENTER)


def _show_as_lines(clients: ClientCounts, events: queue.Queue[Any]) -> None:
    """Print a line for each client that is not as it was in its last line."""
    shown: dict[int, tuple[float, str]] = {}
    for _ in _updates(clients, events):
        now = time.monotonic()
        for row in clients.rows():
            at, line = shown.get(row.latest.number, (0.0, ""))
            is_due = now - at >= LINES_EVERY or row.gone_at is not None
            if is_due and line != (new := _line(row)):
                shown[row.latest.number] = now, new
                _print([f"{time.strftime('%H:%M:%S')} {new}"])


def _line(row: Row) -> str:
    of = row.latest
    peer = of.peer.replace(" ", r"\x20")  # so that a line has as many words as it should
    return (
        f"client={of.number} from={peer} state={row.state}"
        f" messages_in={of.messages_in} bytes_in={of.bytes_in}"
        f" messages_out={of.messages_out} bytes_out={of.bytes_out} waiting={of.waiting}"
    )


def _draw(lines: list[str]) -> None:
    rows = f"{REST_OF_LINE}\r\n".join(lines)
    _write(f"{HOME}{rows}{REST_OF_LINE}{REST_OF_SCREEN}")


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        screen.print_line(line)


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
