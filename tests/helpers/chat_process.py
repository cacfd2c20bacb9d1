"""`msgproxy chat` in a pipe: a real process."""

from __future__ import annotations

import contextlib
import subprocess
import sys

import pytest
from clients import PROGRAM_PATIENCE

# The library leaves the socket of a connection that failed to the garbage collector.
PYTHON = (sys.executable, "-X", "dev", "-W", "ignore::ResourceWarning")
CHAT = (*PYTHON, "-m", "msgproxy", "chat")


@pytest.fixture
def chat():
    """Start `msgproxy chat` with pipes at all ends: `chat(url, *options)`."""
    with contextlib.ExitStack() as processes:

        def start_one(url: str, *options: str) -> subprocess.Popen[bytes]:
            pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
            process = processes.enter_context(subprocess.Popen((*CHAT, url, *options), **pipes))
            processes.callback(process.kill)
            return process

        yield start_one


def run(url: str, *options: str, said: bytes = b"") -> tuple[int, bytes, str]:
    """Run it to its end; return its status, its output and its errors."""
    done = subprocess.run(
        (*CHAT, url, *options), input=said, capture_output=True, timeout=PROGRAM_PATIENCE
    )
    return done.returncode, done.stdout, done.stderr.decode()


def complains(process: subprocess.Popen[bytes], start: str) -> bool:
    """Return whether all that it wrote on stderr is one line that begins like this."""
    errors = process.stderr.read().decode()
    return errors.startswith(start) and errors.endswith("\n") and errors.count("\n") == 1
