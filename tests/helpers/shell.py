"""A shell in a terminal of its own, with job control: Ctrl-Z and `fg` do what they do for a reader.

Rule: what is typed goes to the terminal, as from a keyboard; nobody sends a signal by hand.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

from clients import PATIENCE, wait_for

CTRL_C, CTRL_D, CTRL_Z = "\x03", "\x04", "\x1a"

ON_ITS_TERMINAL = """
import fcntl, os, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp("bash", ["bash", "--norc", "--noediting", "-i"])
"""


class Shell:
    """`with Shell(folder) as shell:` starts one, and in the end kills all that runs in it."""

    def __init__(self, folder: Path) -> None:
        self.keyboard, line = os.openpty()
        self.output = ""
        self._process = subprocess.Popen(
            (sys.executable, "-c", ON_ITS_TERMINAL),
            cwd=folder,
            stdin=line,
            stdout=line,
            stderr=line,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm", "PS1": "READY ", "PYTHONUNBUFFERED": "1"},
        )
        os.close(line)

    def __enter__(self) -> Shell:
        return self

    def __exit__(self, *_: object) -> None:
        """End the terminal's session: every process group in it gets a hang-up, and goes on."""
        for group in self._groups():
            with contextlib.suppress(ProcessLookupError):  # it has just ended by itself
                os.killpg(group, signal.SIGKILL)
        self._process.wait(PATIENCE)
        os.close(self.keyboard)

    def _groups(self) -> set[int]:
        """Return the process groups of this session, the shell's own included."""
        return {int(group) for group in self._list("pgid=")} | {self._process.pid}

    def processes(self, part: str) -> list[int]:
        """Return the processes of this session that have this in their command."""
        return [int(line.split()[0]) for line in self._list("pid=,args=") if part in line]

    def _list(self, columns: str) -> list[str]:
        """Return a line of `ps` for each process of this session."""
        listed = subprocess.run(
            ["ps", "-s", str(self._process.pid), "-o", columns],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return listed.stdout.splitlines()

    def press(self, key: str) -> None:
        os.write(self.keyboard, key.encode())

    def type(self, line: str) -> None:
        self.press(f"{line}\n")

    def read(self) -> str:
        """Return all that has been on the terminal so far, what was typed included."""
        while select.select([self.keyboard], [], [], 0)[0]:
            try:
                self.output += os.read(self.keyboard, 65536).decode(errors="replace")
            except OSError:  # the other end of the terminal is closed
                break
        return self.output.replace("\r\n", "\n")

    def lines(self) -> list[str]:
        return self.read().splitlines()

    def shows(self, text: str, patience: float = PATIENCE) -> None:
        """Wait until it is on the terminal."""
        try:
            wait_for(lambda: text in self.read(), patience=patience)
        except AssertionError:
            raise AssertionError(f"no {text!r} in:\n{self.read()[-2000:]}") from None
