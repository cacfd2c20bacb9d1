"""A terminal with `msgproxy chat` in it: a pseudo-terminal, and an emulator of its screen."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys

import pytest
from clients import PATIENCE, wait_for

pyte = pytest.importorskip("pyte")
termios = pytest.importorskip("termios", reason="Windows has other terminals")
readline = pytest.importorskip("readline")

ON_ITS_TERMINAL = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # so that Ctrl-C and a new size come as signals
from msgproxy.cli.main import main
sys.exit(main())
"""

LEFT, HOME, CTRL_C, CTRL_D, CTRL_L, UP = "\x1b[D", "\x01", "\x03", "\x04", "\x0c", "\x1b[A"


class Terminal:
    """A terminal in which `msgproxy chat` runs."""

    def __init__(self, *arguments: str) -> None:
        self.keyboard, self.line = os.openpty()
        self.screen = pyte.Screen(40, 8)
        self.stream = pyte.ByteStream(self.screen)
        self.resize(40, 8)
        self.settings = termios.tcgetattr(self.line)
        self.process = subprocess.Popen(
            (sys.executable, "-X", "dev", "-c", ON_ITS_TERMINAL, "chat", *arguments),
            stdin=self.line,
            stdout=self.line,
            stderr=self.line,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm", "INPUTRC": os.devnull},
        )

    def resize(self, columns: int, lines: int) -> None:
        self.screen.resize(lines, columns)
        termios.tcsetwinsize(self.line, (lines, columns))

    def type(self, keys: str) -> None:
        os.write(self.keyboard, keys.encode())

    def has_output(self) -> bool:
        """Say whether something waits to be read and shown."""
        return bool(select.select([self.keyboard], [], [], 0)[0])

    def look(self) -> tuple[list[str], int]:
        """Return the rows of the screen, without empty ones at its end, and the cursor's column.

        The cursor has to be in the last of these rows, or in the one after them.
        """
        while self.has_output():
            self.stream.feed(os.read(self.keyboard, 65536))
        shown = [row.rstrip() for row in self.screen.display]
        while shown and not shown[-1]:
            shown.pop()
        assert self.screen.cursor.y in (len(shown) - 1, len(shown)), self.screen.display
        return shown, self.screen.cursor.x

    def expect(self, *last: str, cursor: int) -> None:
        """Wait until these are the last rows, and the cursor is in this column."""

        def is_shown() -> bool:
            with contextlib.suppress(AssertionError):  # half of an update
                shown, column = self.look()
                return shown[-len(last) :] == list(last) and column == cursor
            return False

        try:
            wait_for(is_shown)
        except AssertionError:
            raise AssertionError(f"expected {last} and {cursor}, there is {self.look()}") from None

    def end(self) -> int:
        """Wait for its end; return its status."""
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)
        os.close(self.keyboard)
        os.close(self.line)
