"""The screen of `msgproxy watch`: the alternate screen, drawn anew each time; and its keys.

Rule: whatever happens, the terminal is given back as it was: at the end, after an error, and
while the program is stopped with Ctrl-Z.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Thread
from typing import Any

from msgproxy.terminal.screen import write

try:
    import termios
except ImportError:  # Windows has none
    HAS_TERMIOS = False
else:
    HAS_TERMIOS = True

# The alternate screen, without a cursor, and without lines that wrap; and all of it back.
ENTER, LEAVE = "\x1b[?1049h\x1b[?25l\x1b[?7l", "\x1b[?7h\x1b[?25h\x1b[?1049l"

HOME, REST_OF_LINE, REST_OF_SCREEN = "\x1b[H", "\x1b[K", "\x1b[J"


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """A key; of those that send several characters, each is one."""

    key: str


def is_available() -> bool:
    """Return whether stdout is a terminal that can do the above."""
    return sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def size() -> tuple[int, int]:
    """Return the columns and lines of the terminal, whatever the environment variables say."""
    columns, lines = os.get_terminal_size(sys.stdout.fileno())
    return columns or 80, lines or 24  # 0: unknown


@contextlib.contextmanager
def opened(events: queue.Queue[Any]) -> Iterator[None]:
    """Show the alternate screen, and put each key on `events`. For the main thread."""
    settings = _without_echo()
    suspend = signal.getsignal(signal.SIGTSTP) if hasattr(signal, "SIGTSTP") else signal.SIG_IGN
    terminate = signal.getsignal(signal.SIGTERM)
    try:
        if suspend is not signal.SIG_IGN:
            signal.signal(signal.SIGTSTP, lambda *_: _suspend(settings))
        if terminate is not signal.SIG_IGN:
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # through the `finally` below
        if settings:
            Thread(target=_read_keys, args=(events,), name="keys", daemon=True).start()
        write(ENTER)
        yield
    finally:
        try:
            write(LEAVE)
        finally:  # also if Ctrl-C interrupts that
            _restore(settings)


def draw(lines: list[str]) -> None:
    """Show these lines and nothing else."""
    rows = f"{REST_OF_LINE}\r\n".join(lines)
    write(f"{HOME}{rows}{REST_OF_LINE}{REST_OF_SCREEN}")


def _read_keys(events: queue.Queue[Any]) -> None:
    """Run the thread of the keys: put each on the queue. It ends with the process."""
    with contextlib.suppress(OSError):  # the terminal has gone
        while key := os.read(0, 1):
            events.put(KeyPressed(key.decode("latin-1")))


def _without_echo() -> list[Any] | None:
    """Let keys come one by one, and unseen; return the settings of before, if it is a terminal."""
    if not HAS_TERMIOS or not os.isatty(0):
        return None
    before = termios.tcgetattr(0)
    now = termios.tcgetattr(0)
    now[3] &= ~(termios.ICANON | termios.ECHO)
    termios.tcsetattr(0, termios.TCSANOW, now)
    return before


def _restore(settings: list[Any] | None) -> None:
    if settings:
        with contextlib.suppress(OSError, termios.error):
            termios.tcsetattr(0, termios.TCSANOW, settings)


def _suspend(settings: list[Any] | None) -> None:
    """Stop, as Ctrl-Z does, with the shell's own screen on the terminal. Go on from here."""
    write(LEAVE)
    _restore(settings)
    os.kill(os.getpid(), signal.SIGSTOP)
    _without_echo()
    write(ENTER)
