"""The screen of `msgproxy chat`: what arrives stands above the line being typed.

Rule: only the main thread writes to the terminal. While it waits for a key inside `input()`,
readline has the cursor; a timer interrupts that wait, the main thread shows what has arrived
and goes back to it. So readline and the messages take turns, without a lock, and what ends
the conversation ends `input()` as well: as an exception that leaves the terminal as it was.
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
"""Seconds between two looks at what has arrived: too short to be noticed, and no load."""

PREVIEW = 16
"""Bytes of a binary message that are shown."""

ESCAPED = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Unicode categories that are never shown as they are: control, format, line separators.

An escape sequence in a message could otherwise rewrite the screen, or rename the window.
"""

JOINERS = {"\u200c", "\u200d"}
"""Of category Cf, but harmless: Persian words and emoji of families are written with them."""

# What a row needs to come in above the row of the cursor, wherever on the screen that is.
# `ESC D` goes down a row, and scrolls if there is none; unlike a newline it keeps the column.
# `ESC 7` and `ESC 8` save and restore the cursor. In between: back up, to the first column,
# `ESC [ L` moves the line being typed down to make room. `ESC [ ?7l` forbids to wrap, so that
# a character that is wider than we think cannot spill into the next row.
ROW_ABOVE = "\x1bD\x1b7\x1b[A\r\x1b[L\x1b[?7l{}\x1b[?7h\x1b8"


def is_available() -> bool:
    """Return whether there is a terminal at both ends, and one that can do the above."""
    streams = (sys.stdin, sys.stdout)
    if not all(stream is not None and stream.isatty() for stream in streams):
        return False
    is_able = os.environ.get("TERM", "dumb") != "dumb"
    return is_able and HAS_READLINE and hasattr(signal, "setitimer")


def prepare_streams() -> None:
    """Let bad input be an error, and let no message fail because it cannot be written."""
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="strict")
    if isinstance(sys.stdout, io.TextIOWrapper):
        # In a pipe it is UTF-8 at both ends, whatever the terminals of this system use.
        encoding = sys.stdout.encoding if sys.stdout.isatty() else "utf-8"
        sys.stdout.reconfigure(encoding=encoding, errors="backslashreplace")


def escape(message: str | bytes) -> str:
    """Return a message as one line of text that does nothing to a terminal but being shown."""
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
        # What is still to be printed, at exit if not before, must not fail once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            raise
        raise CannotPrint(f"cannot print what arrives: {error.strerror}") from None


def wrap_columns(text: str, width: int) -> Iterator[str]:
    """Cut a line into what fits into the rows of a terminal."""
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
    """A line to type on, and room above it. For the main thread: only that can take signals."""

    def __init__(self, prompt: str, arrived: Callable[[], Iterable[str]]) -> None:
        """`arrived` gives the lines to show, without waiting; what it raises ends `read_line`."""
        self._prompt = prompt
        self._arrived = arrived
        self._is_looking = False
        # A line being typed that is too long for its row must not wrap: one row is what
        # `ROW_ABOVE` moves. libedit, which some Pythons have in its place, does not know the
        # setting: there the rest of a long line may be hidden until Ctrl-L. It is still sent.
        readline.parse_and_bind("set horizontal-scroll-mode on")
        signal.signal(signal.SIGALRM, self._look)

    def read_line(self) -> str:
        """Let the user type a line, and show meanwhile what arrives. Raise EOFError at Ctrl-D."""
        # The timer runs only here: elsewhere it could interrupt the sending of a frame.
        signal.setitimer(signal.ITIMER_REAL, LOOK_INTERVAL, LOOK_INTERVAL)
        try:
            return input(self._prompt)
        except BaseException:
            print()  # whatever is said next is not said on the line being typed
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
                _write("".join(map(ROW_ABOVE.format, wrap_columns(text, width))))
        finally:
            self._is_looking = False


def _write(text: str) -> None:
    """Write all of it, even if the timer interrupts that.

    Not `sys.stdout.write`: if Python runs unbuffered, that forgets what is left over then.
    """
    rest = text.encode(sys.stdout.encoding, "backslashreplace")
    while rest:
        rest = rest[os.write(sys.stdout.fileno(), rest) :]
