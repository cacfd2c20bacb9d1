"""The server that `msgproxy check --run` starts: from its first output to its end.

Rule: whatever happens, it leaves nothing behind: no process, and no file with its output.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import secrets
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from msgproxy.errors import CannotConnect, InvalidOption

START_PATIENCE = 10.0
"""Seconds, at least, that a program has to print its address."""

END_PATIENCE = 2.0
"""Seconds that it has to end when it is asked to, before it is killed."""

LOOK_INTERVAL = 0.02
"""Seconds between two looks at its output."""

URL = re.compile(
    rb"(?:ws|http)://(?P<host>\[[0-9a-fA-F:]+\]|[\w.-]+):(?P<port>\d{1,5})"
    rb"(?:/[!#-&*-;=?-~]*)?(?=.*\n)"
)
"""An address in a line that is complete. It ends at a quote, a bracket or an odd byte."""

SHOWN = 20
"""Lines of its output that are shown: the last ones."""

READ_SIZE = 1 << 20
"""Bytes of the output that are read: the first ones for the address, the last ones to show."""

MARK = "MSGPROXY_CHECK"
"""A variable in the program's environment: whatever process has it belongs to the program."""


class ServerProgram:
    """A program that can be started again and again. Outside of the `with` block none runs."""

    def __init__(self, command: str, arguments: Sequence[str], patience: float) -> None:
        """`command` is a Python file, `-m` and a module, or any other command."""
        self.command = [*_as_command(command), *arguments]
        self.url = ""
        self._patience = max(patience, START_PATIENCE)
        self._process: subprocess.Popen[bytes] | None = None
        self._output: Path | None = None
        self._mark = secrets.token_hex(16)
        self._wanted_port = _port_option(arguments)
        self._port_before: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    @property
    def status(self) -> int | None:
        """The exit status, or None as long as it runs."""
        return self._process.poll() if self._process else None

    @property
    def is_running(self) -> bool:
        """Whether there is a process, and it has not ended by itself."""
        return self._process is not None and self.status is None

    def start(self) -> None:
        """Start it, and wait until it has printed where it listens. Raise `CannotConnect`."""
        self._end()
        file, name = tempfile.mkstemp(prefix="msgproxy-check-")
        self._output = Path(name)
        try:
            self._process = _launch(self.command, file, self._mark)
        except OSError as error:
            raise CannotConnect(f"cannot run {self.command[0]}: {error.strerror}") from None
        finally:
            os.close(file)
        self._port_before = urlsplit(self.url).port if self.url else None
        self.url = ""
        self.url = self._find_url(self._output)

    def _find_url(self, output: Path) -> str:
        deadline = time.monotonic() + self._patience
        while time.monotonic() < deadline:
            status = self.status
            if url := _first_url(output):
                return url
            if status is not None:
                raise CannotConnect(
                    f"the program ended with status {status} before it printed its address"
                )
            time.sleep(LOOK_INTERVAL)
        raise CannotConnect(
            f"the program printed no address within {self._patience:g} s; "
            "the checker needs a line with ws://HOST:PORT/ in it, HOST being this machine"
        )

    def interrupt(self) -> None:
        """Do what Ctrl-C does. A terminal sends SIGINT to the program and to all it has started."""
        if not self._process or not self.is_running:
            return
        if not hasattr(os, "killpg"):
            self._process.send_signal(signal.SIGINT)
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):  # it ends just now
            os.killpg(self._process.pid, signal.SIGINT)

    def wait(self, seconds: float) -> int | None:
        """Wait this long for its end; return the exit status, or None if it still runs."""
        assert self._process is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(seconds)
        return None

    def last_output(self) -> str:
        """Return the last lines that it has printed."""
        if not self._output or not self._output.exists():
            return ""
        with self._output.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - READ_SIZE))
            lines = file.read().decode("utf-8", "replace").splitlines()
        return "\n".join(lines[-SHOWN:])

    def hint(self) -> str:
        """Say so if the program seems to ignore the option `--port`, or nothing."""
        wanted, port = self._wanted_port, urlsplit(self.url).port if self.url else None
        if wanted is None:
            return ""
        told = f"it was started with --port {wanted}"
        if port is None:
            is_taken = "in use" in self.last_output()
            return f"{told}: does it use that option? Its port is taken" if is_taken else ""
        if wanted and port != wanted:
            return f"{told}, but it listens on port {port}: does it use that option?"
        if not wanted and port == self._port_before:
            return f"{told}, for any free port, but it listens on {port} every time"
        return ""

    def _end(self) -> None:
        """End it, if need be by force: even if a second Ctrl-C interrupts the wait."""
        try:
            if self._process and self.is_running:
                self._process.terminate()
                self.wait(END_PATIENCE)
        finally:
            self._leave_nothing()

    def _leave_nothing(self) -> None:
        try:
            if self._process:
                _kill_group(self._process)
                _kill_marked(self._mark)
                self._process.wait()
                self._process = None
        finally:
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


def _port_option(arguments: Sequence[str]) -> int | None:
    found = re.search(r"(?:^|\0)--port[=\0](\d{1,5})(?:\0|$)", "\0".join(arguments))
    return int(found[1]) if found else None


def _first_url(output: Path) -> str:
    """Return the first address of this machine in the output, which a link to a manual is not."""
    with output.open("rb") as file:
        begin = file.read(READ_SIZE)
    for found in URL.finditer(begin):
        if 0 < int(found["port"]) <= 65535 and _is_here(found["host"].decode().strip("[]")):
            return found[0].decode()
    return ""


@functools.cache
def _is_here(host: str) -> bool:
    """Return whether a host is this machine."""
    try:
        addresses = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    for family, kind, protocol, _, address in addresses:
        with contextlib.suppress(OSError), socket.socket(family, kind, protocol) as sock:
            sock.bind(address)  # only an address of this machine can be bound to
            return True
    return False


def _launch(command: list[str], output: int, mark: str) -> subprocess.Popen[bytes]:
    # Python would keep its output back until there is a lot of it, since it is no terminal.
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", MARK: mark}
    is_ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    if is_ignored:
        # As in the background of a script. The program would inherit that, and ignore Ctrl-C.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
            start_new_session=True,  # Ctrl-C is for the checker, which ends the program itself
        )
    finally:
        if is_ignored:
            signal.signal(signal.SIGINT, signal.SIG_IGN)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill the process and what it has started (a build tool starts the real server)."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _kill_marked(mark: str) -> None:
    """Kill what has left the group with `setsid`, as daemons do: where the system has /proc."""
    deadline = time.monotonic() + END_PATIENCE
    # More than once: a process may start another one just before it is killed.
    while (found := _marked(mark)) and time.monotonic() < deadline:
        for number in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)


def _marked(mark: str) -> list[int]:
    entry, found = f"{MARK}={mark}".encode(), []
    for path in Path("/proc").glob("[0-9]*/environ"):
        # It may have ended meanwhile, or be another user's. A zombie has no environment.
        with contextlib.suppress(OSError):
            if entry in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
    return found
