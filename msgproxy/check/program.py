"""The server that `msgproxy check --run` starts: from its first word to its end.

Rule: whatever happens, nothing of it is left, neither the process nor the file with its output.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from msgproxy.errors import CannotConnect, InvalidOption

START_PATIENCE = 10.0
"""Seconds, at the least, that a program has to say where it listens."""

END_PATIENCE = 2.0
"""Seconds that it has to end when it is asked to, before it is killed."""

LOOK_INTERVAL = 0.02
"""Seconds between two looks at what it has said."""

URL = re.compile(rb"(?:ws|http)://(?:\[[0-9a-fA-F:]+\]|[\w.-]+):\d+[^\s\x1b'\"<>)]*(?=.*\n)")

SHOWN = 20
"""Lines that are shown of its output: the last ones."""


class ServerProgram:
    """A program that can be started again and again. Outside of the `with` block none runs."""

    def __init__(self, command: str, arguments: Sequence[str], patience: float) -> None:
        """`command` is a Python file, `-m` and a module, or any other command."""
        self.command = [*_as_command(command), *arguments]
        self.url = ""
        self._patience = max(patience, START_PATIENCE)
        self._process: subprocess.Popen[bytes] | None = None
        self._output: Path | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    @property
    def is_running(self) -> bool:
        """Whether there is a process, and it has not ended by itself."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, and wait until it has said where it listens. Raise `CannotConnect`."""
        self._end()
        file, name = tempfile.mkstemp(prefix="msgproxy-check-")
        self._output = Path(name)
        try:
            self._process = _launch(self.command, file)
        except OSError as error:
            raise CannotConnect(f"cannot run {self.command[0]}: {error.strerror}") from None
        finally:
            os.close(file)
        self.url = self._find_url(self._output, self._process)

    def _find_url(self, output: Path, process: subprocess.Popen[bytes]) -> str:
        deadline = time.monotonic() + self._patience
        while time.monotonic() < deadline:
            status = process.poll()
            if found := URL.search(output.read_bytes()):
                return found[0].decode()
            if status is not None:
                raise CannotConnect(
                    f"the program ended with status {status} before it printed its address"
                )
            time.sleep(LOOK_INTERVAL)
        raise CannotConnect(
            f"the program printed no address within {self._patience:g} s; "
            "the checker needs a line with ws://HOST:PORT/ in it"
        )

    def interrupt(self) -> None:
        """Do what Ctrl-C does."""
        if self._process:
            self._process.send_signal(signal.SIGINT)

    def wait(self, seconds: float) -> int | None:
        """Wait for its end that long; return the exit status, or None if it still runs."""
        assert self._process is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(seconds)
        return None

    def last_words(self) -> str:
        """Return the end of what it has said."""
        if not self._output or not self._output.exists():
            return ""
        lines = self._output.read_text(errors="replace").splitlines()
        return "\n".join(lines[-SHOWN:])

    def _end(self) -> None:
        if self._process:
            if self.is_running:
                self._process.terminate()
                self.wait(END_PATIENCE)
            _kill_all_of(self._process)
            self._process.wait()
            self._process = None
        if self._output:
            self._output.unlink(missing_ok=True)


def _as_command(text: str) -> list[str]:
    try:
        words = shlex.split(text, posix=os.name == "posix")
    except ValueError as error:
        raise InvalidOption(f"{text!r} is no command: {error}") from None
    if not words:
        raise InvalidOption("--run needs a program")
    is_python = words[0] == "-m" or words[0].endswith(".py")
    return [sys.executable, *words] if is_python else words


def _launch(command: list[str], output: int) -> subprocess.Popen[bytes]:
    # Python would keep its output back until there is a lot of it, as it goes to no terminal.
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # As in the background of a script. The program would inherit that, and be deaf to Ctrl-C.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        env=environment,
        start_new_session=True,  # Ctrl-C is for the checker; it ends the program itself
    )


def _kill_all_of(process: subprocess.Popen[bytes]) -> None:
    """Kill the process and what it has started (a build tool starts the real server)."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
