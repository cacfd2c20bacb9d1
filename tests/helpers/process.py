"""The real command, in a process of its own; and the environment for programs of readers."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

COMMAND = [sys.executable, "-X", "dev", "-m", "msgproxy"]

READY = re.compile(r"msgproxy is ready: open (http://\S+/) \(Ctrl-C stops it\)\n")


def without_dev_mode() -> dict[str, str]:
    """Return the environment without the development mode, in which all tests run."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDEVMODE"}


class ServeProcess:
    """`msgproxy serve --port 0 ...`, until the end of the `with` block at the latest."""

    def __init__(self, *options: str) -> None:
        command = [*COMMAND, "serve", "--port", "0", *options]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True)
        line = self.process.stdout.readline()
        match = READY.fullmatch(line)
        assert match, line + self.process.stderr.read()
        self.url = match[1]
        self.log = ""

    def __enter__(self) -> ServeProcess:
        return self

    def __exit__(self, *_) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(timeout=20)
        self.process.stdout.close()
        self.process.stderr.close()

    def threads(self) -> int | None:
        """Count its threads, where the system shows them."""
        tasks = Path(f"/proc/{self.process.pid}/task")
        return len(list(tasks.iterdir())) if tasks.exists() else None

    def stop(self, number: int = signal.SIGTERM, timeout: float = 60) -> int:
        """Send a signal; return the exit status. What it has logged is in `log` then."""
        self.process.send_signal(number)
        _, self.log = self.process.communicate(timeout=timeout)
        return self.process.returncode
