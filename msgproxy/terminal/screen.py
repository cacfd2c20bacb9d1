"""The screen of `msgproxy chat`: messages appear above the line that is being typed.

Rule: only the main thread writes to the terminal. While it waits for a key inside `input()`,
readline has the cursor. A timer interrupts that wait: the main thread shows what has arrived,
and goes back to waiting. So readline and the messages take turns, without a lock; and the end
of the connection ends `input()` too, as an exception that leaves the terminal as it was.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator

from msgproxy.errors import CannotPrint

try:
    import readline
except ImportError:  # Windows has none
    HAS_READLINE = False
else:
    HAS_READLINE = True

LOOK_INTERVAL = 0.05
"""Seconds between two checks for messages: too short to be noticed, too long to be a load."""

PREVIEW = 16
"""Bytes of a binary message that are shown."""

ESCAPED = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Unicode categories that are never shown as they are: control, format, line separators.

An escape sequence in a message could otherwise rewrite the screen, or rename the window.
"""

JOINERS = {"\u200c", "\u200d"}
"""Of category Cf, but harmless: Persian words and emoji of families are written with them."""

# Inserts a row above the row of the cursor, wherever on the screen that is.
# `ESC D` goes down a row, and scrolls if there is none; unlike a newline it keeps the column.
# `ESC 7` and `ESC 8` save and restore the cursor. In between: back up, to the first column,
# `ESC [ L` moves the line being typed down to make room. `ESC [ ?7l` turns wrapping off, so that
# a character that is wider than we think cannot spill into the next row.
ROW_ABOVE = "\x1bD\x1b7\x1b[A\r\x1b[L\x1b[?7l{}\x1b[?7h\x1b8"


def is_available() -> bool:
    """Return whether stdin and stdout are a terminal that can do the above."""
    streams = (sys.stdin, sys.stdout)
    if not all(stream is not None and stream.isatty() for stream in streams):
        return False
    is_able = os.environ.get("TERM", "dumb") != "dumb"
    return is_able and HAS_READLINE and hasattr(signal, "setitimer")


def prepare_streams() -> None:
    """Make bad input an error, and let every message be printed, if need be with escapes."""
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="strict")
    if isinstance(sys.stdout, io.TextIOWrapper):
        # In a pipe both directions are UTF-8, whatever the terminals of this system use.
        encoding = sys.stdout.encoding if sys.stdout.isatty() else "utf-8"
        sys.stdout.reconfigure(encoding=encoding, errors="backslashreplace")


def escape(message: str | bytes) -> str:
    """Return a message as one line of text that a terminal only shows, and never obeys."""
    if isinstance(message, bytes):
        more = "…" if len(message) > PREVIEW else ""
        return f"<{len(message)} bytes: {message[:PREVIEW].hex(' ')}{more}>"
    return message if message.isprintable() else "".join(map(_escape_character, message))


def _escape_character(character: str) -> str:
    is_harmless = character == "\t" or character in JOINERS
    if is_harmless or unicodedata.category(character) not in ESCAPED:
        return character
    return character.encode("unicode_escape").decode("ascii")


def print_line(message: str | bytes) -> None:
    """Print a message, now. Raise BrokenPipeError if nobody reads it, CannotPrint if it fails."""
    try:
        print(escape(message), flush=True)
    except OSError as error:
        drop_output()
        if isinstance(error, BrokenPipeError):
            raise
        raise CannotPrint(f"cannot print what arrives: {error.strerror}") from None


def drop_output() -> None:
    """Drop what is still in stdout's buffer: it must not fail again, at exit at the latest."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def write(text: str) -> None:
    """Write all of it to the terminal, even if a signal interrupts that.

    Not `sys.stdout.write`: unbuffered, it forgets what is left over then; and the handler of a
    signal may not call it while it waits for the terminal.
    """
    rest = text.encode(sys.stdout.encoding, "backslashreplace")
    while rest:
        rest = rest[os.write(sys.stdout.fileno(), rest) :]


def wrap_columns(text: str, width: int) -> Iterator[str]:
    """Cut a line into pieces that fit into rows of `width` columns."""
    row, used = "", 0
    for character in text.expandtabs():
        cells = _cells(character)
        if used + cells > width:
            yield row
            row, used = "", 0
        row += character
        used += cells
    yield row


def _cells(character: str) -> int:
    """Return how many columns a character takes: accents none, most of East Asia and emoji two."""
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


class Screen:
    """A line to type on, with messages above it. For the main thread: only it receives signals."""

    def __init__(self, prompt: str, arrived: Callable[[], Iterable[str]]) -> None:
        """`arrived` returns the lines to show, without waiting; what it raises ends `read_line`."""
        self._prompt = prompt
        self._arrived = arrived
        self._is_looking = False
        # A line being typed that is too long for its row must not wrap: `ROW_ABOVE` moves one
        # row. libedit, which some Pythons have instead, does not know this setting: there the
        # rest of a long line may be hidden until Ctrl-L. It is still sent.
        readline.parse_and_bind("set horizontal-scroll-mode on")
        signal.signal(signal.SIGALRM, self._look)

    def read_line(self) -> str:
        """Let the user type a line, and show messages meanwhile. Raise EOFError at Ctrl-D."""
        # The timer runs only here: anywhere else it could interrupt the sending of a frame.
        signal.setitimer(signal.ITIMER_REAL, LOOK_INTERVAL, LOOK_INTERVAL)
        try:
            return input(self._prompt)
        except BaseException:
            print()  # so that whatever is printed next does not continue the line being typed
            raise
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _look(self, *_: object) -> None:
        """Show what has arrived. Called in the main thread, by the timer, between two keys."""
        if self._is_looking:  # the timer came again during this, because the terminal is slow
            return
        self._is_looking = True
        try:
            for text in self._arrived():
                width = os.get_terminal_size(sys.stdout.fileno()).columns or 80  # 0: unknown
                write("".join(map(ROW_ABOVE.format, wrap_columns(text, width))))
        finally:
            self._is_looking = False
