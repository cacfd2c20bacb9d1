"""What a page lets its reader start: programs that end, that go on, and chats on a terminal.

Rule: whatever is started here is ended here, by its handle, and every wait has a deadline.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from clients import PATIENCE, wait_for
from process import without_dev_mode
from terminal_emulator import CTRL_D, Terminal

WIDE, HIGH = 200, 60
"""The size of a chat's terminal: no line of a page is broken on it."""

LAST_WORDS = "msgproxy: "
"""How the last line of a chat begins that somebody else has ended."""


class Program:
    """A process, as a reader starts it, and what it has printed so far, errors included."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self._output = tempfile.TemporaryFile("w+b")  # noqa: SIM115 (closed in close())
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env={**without_dev_mode(), "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"},
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a group of its own, so that close() reaches all of it
        )

    def printed(self) -> str:
        """Return all of it. The position belongs to the process: it is not moved."""
        size = os.fstat(self._output.fileno()).st_size
        return os.pread(self._output.fileno(), size, 0).decode()

    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def close(self) -> None:
        """End it, whatever it does, and what it has started."""
        if not self.has_ended():
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)
        self._output.close()


GREETING = "connected to "


class Chat(Terminal):
    """`msgproxy chat` on a terminal, and the lines that a page shows of it.

    A line that begins with the prompt is typed; the others have to come by themselves.
    """

    def __init__(
        self, arguments: list[str], shown: list[str], as_page: Callable[[str], str]
    ) -> None:
        super().__init__(*arguments)
        self.resize(WIDE, HIGH)
        self.prompt = f"{name_of(arguments)}: " if name_of(arguments) else "> "
        ends = [n for n, line in enumerate(shown) if line.startswith(LAST_WORDS)]
        self.talk = shown[: ends[0]] if ends else shown
        self.last_words = shown[ends[0] :] if ends else []
        self._as_page = as_page
        self._done = 0

    @property
    def has_prompt(self) -> bool:
        """Whether it is accepted, as the page has it."""
        return bool(self.talk) or not self.last_words

    def rows(self) -> list[str]:
        """Return what is on the screen, or nothing while it changes.

        Pages leave out the first line, which says how to leave.
        """
        with contextlib.suppress(AssertionError):
            rows = map(self._as_page, self.look()[0])
            return [row for row in rows if not row.startswith(GREETING)]
        return []

    def is_ready(self) -> bool:
        return self.rows()[-1:] == [self.prompt.rstrip()]

    def is_done(self) -> bool:
        """Go on by one line, if that is possible; return whether all was typed and seen."""
        if self._done == len(self.talk):
            return self.shows_it_all() and (self.has_prompt or self.has_ended())
        rows, so_far, line = self.rows(), self.talk[: self._done], self.talk[self._done]
        if line.startswith(self.prompt) and rows == [*so_far, self.prompt.rstrip()]:
            self.type(line.removeprefix(self.prompt) + "\r")
            self._done += 1
        elif rows[: self._done + 1] == [*so_far, line]:
            self._done += 1
        return False

    def shows_it_all(self) -> bool:
        """Say whether all that the page shows is on the screen, and nothing else."""
        if self.has_ended():
            return self.rows() == [*self.talk, *self.last_words]
        return not self.talk or self.rows() in (self.talk, [*self.talk, self.prompt.rstrip()])

    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def leave(self) -> bool:
        """Press Ctrl-D, unless it has ended; return whether it has come to an end as it should."""
        if not self.has_ended():
            self.type(CTRL_D)
        return waits_for(self.has_ended) and "Traceback" not in "".join(self.rows())


def name_of(arguments: list[str]) -> str:
    return arguments[arguments.index("--name") + 1] if "--name" in arguments else ""


def is_as_shown(shown: list[str], printed: str, *, begins: bool = False) -> bool:
    """Compare. A `…` stands for anything in a line; alone in a line, for any number of lines.

    With `begins`, more may follow.
    """
    lines = [re.escape(line).replace("…", ".*") + "\n" for line in shown]
    pattern = "".join("(?:.*\n)*" if line == ".*\n" else line for line in lines)
    text = "".join(f"{line.rstrip()}\n" for line in printed.splitlines())
    return bool(re.match(pattern, text) if begins else re.fullmatch(pattern, text))


def waits_for(condition: Callable[[], object], patience: float = PATIENCE) -> bool:
    """Wait; return whether it has come true in time."""
    with contextlib.suppress(AssertionError):
        wait_for(condition, patience=patience)
        return True
    return False
