"""`msgproxy chat`: a client for the terminal, which is also a filter for pipes.

Rule: the main thread alone sends messages and writes. The other threads only wait, for the
server or for input, and put what comes on one queue.

    thread   | waits for              | puts on the queue
    listener | the server             | Connected, MessageReceived ..., ConnectionEnded
    input    | the next line of input | InputLine ..., InputEnded
             | (only in a pipe; on a terminal the main thread itself waits, in `input()`)

The library has a thread of its own, which receives, and answers pings. All these are daemons:
a thread that waits for input cannot be woken, so it ends with the process.
"""

from __future__ import annotations

import argparse
import math
import queue
import sys
import time
from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread
from typing import Any

from msgproxy.cli import options
from msgproxy.errors import CannotPrint, Disconnected, UnreadableInput
from msgproxy.terminal import screen
from msgproxy.terminal.client import (
    CLOSE_TIMEOUT,
    NO_CODE,
    NORMAL,
    Client,
    ConnectionEnded,
    MessageReceived,
)
from msgproxy.terminal.screen import Screen

LONGEST_NAME = 32
"""Characters of a name, as on the demo page."""

QUEUE_SIZE = 100
"""Items that may wait for the main thread: input is read only as fast as it is sent."""

GET_INTERVAL = 1.0
"""Seconds of one wait for the queue: on Windows Ctrl-C is noticed only in between."""


@dataclass(frozen=True, slots=True)
class InputLine:
    """A line of the input."""

    line: str


@dataclass(frozen=True, slots=True)
class InputEnded:
    """The input has no more lines, or the next one cannot be read: then `error` says why."""

    error: UnreadableInput | None = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    add = parser.add_argument
    add("url", metavar="URL", help="the server, such as ws://localhost:8765/ or localhost:8765")
    add("--name", type=_name, help="send each line as 'NAME: line'")
    add(
        "--wait",
        type=lambda text: 0.0 if text == "0" else options.seconds(text),
        default=0,
        metavar="SECONDS",
        help="in a pipe, wait this long for answers after the input has ended",
    )


def _name(text: str) -> str:
    if 0 < len(text.strip()) <= LONGEST_NAME and text.isprintable() and ":" not in text:
        return text.strip()
    raise ArgumentTypeError(f"{text!r} is not a name: 1 to {LONGEST_NAME} characters, no colon")


def run(arguments: argparse.Namespace) -> int:
    """Talk to all other clients of a proxy, from a terminal or from a script."""
    screen.prepare_streams()
    events: queue.Queue[Any] = queue.Queue(QUEUE_SIZE)
    client = Client(arguments.url, events)
    prefix = f"{arguments.name}: " if arguments.name else ""
    try:
        if screen.is_available():
            screen.print_line(f"connected to {arguments.url}; Ctrl-D leaves")
            _run_interactive(client, events, prefix)
        else:
            _run_pipe(client, events, prefix, arguments.wait)
    except BrokenPipeError:
        pass  # as after `| head -1`: nobody reads the rest
    except (KeyboardInterrupt, UnreadableInput, CannotPrint):
        # Not after Disconnected: then there is no server left to answer a Close frame.
        with suppress(Disconnected):  # what went wrong first is what a user should know
            _close(client, events)
        raise
    _close(client, events)
    return 0


def _run_interactive(client: Client, events: queue.Queue[Any], prefix: str) -> None:
    """Send what is typed on a terminal until Ctrl-D. Enter alone sends nothing."""
    terminal = Screen(prefix or "> ", lambda: _waiting(events))
    while True:
        try:
            line = terminal.read_line()
        except EOFError:
            return
        except UnicodeDecodeError as error:
            print(f"msgproxy: not sent, since it is not {error.encoding}", file=sys.stderr)
        else:
            if line:
                client.send(prefix + line)


def _waiting(events: queue.Queue[Any]) -> Iterator[str]:
    """Take what has arrived, as lines to show; raise Disconnected after the last."""
    for _ in range(events.qsize()):
        match events.get_nowait():
            case MessageReceived(message):
                yield screen.escape(message)
            case ConnectionEnded(error):
                raise error


def _run_pipe(client: Client, events: queue.Queue[Any], prefix: str, wait: float) -> None:
    """Send each line of the input, and print what arrives until `wait` seconds after its end."""
    Thread(target=_read_input, args=(events,), name="input", daemon=True).start()
    for event in _take(events):
        match event:
            case InputLine(line):
                client.send(prefix + line)
            case MessageReceived(message):
                screen.print_line(message)
            case InputEnded(UnreadableInput() as error) | ConnectionEnded(error):
                raise error
            case InputEnded():
                break
    if ended := _print_arriving(events, wait):
        raise ended.error


def _read_input(events: queue.Queue[Any]) -> None:
    """Run the input thread: put each line on the queue, without its line end.

    This is the only thread that reads the input, and it does nothing else: however long it
    waits for a line, the main thread goes on showing what arrives.
    """
    count, error = 0, None
    try:
        # Not sys.stdin: at exit, Python would wait for a thread that is still reading from that.
        with open(0, "rb", closefd=False) as lines:
            for line in lines:
                events.put(InputLine(line.removesuffix(b"\n").removesuffix(b"\r").decode()))
                count += 1
    except UnicodeDecodeError:
        error = UnreadableInput(
            f"line {count + 1} of the input is not UTF-8; the lines before it have been sent"
        )
    except OSError as failure:
        error = UnreadableInput(f"cannot read the input: {failure.strerror}")
    events.put(InputEnded(error))


def _close(client: Client, events: queue.Queue[Any]) -> None:
    """Make sure that the server has read everything that was sent, or raise Disconnected."""
    client.send_close()
    try:
        ended = _print_arriving(events, CLOSE_TIMEOUT)
    except BrokenPipeError:  # this happens once: `print_line` discards what comes after it
        ended = _print_arriving(events, CLOSE_TIMEOUT)
    if ended is None:
        raise Disconnected("the server did not confirm in time that it has read everything")
    if ended.code not in (NORMAL, NO_CODE):  # a Close frame may come back without the code
        raise ended.error


def _print_arriving(events: queue.Queue[Any], seconds: float) -> ConnectionEnded | None:
    """Print what arrives in this time; return how the connection ended, if it did."""
    for event in _take(events, seconds):
        match event:
            case MessageReceived(message):
                screen.print_line(message)
            case ConnectionEnded():
                return event
    return None


def _take(events: queue.Queue[Any], seconds: float = math.inf) -> Iterator[Any]:
    """Yield what comes on the queue, for this long."""
    deadline = time.monotonic() + seconds
    while (remaining := deadline - time.monotonic()) > 0:
        with suppress(queue.Empty):
            yield events.get(timeout=min(remaining, GET_INTERVAL))
