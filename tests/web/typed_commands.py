"""The commands that the page offers, typed as they are in the folder of a checkout."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Type = Callable[[str], subprocess.Popen[bytes]]


@pytest.fixture(name="type_command")
def shell_in_a_checkout(tmp_path: Path) -> Iterator[Type]:
    """Start a command in a folder that has the environment in it which the README makes."""
    (tmp_path / ".venv").symlink_to(sys.prefix)
    with contextlib.ExitStack() as processes:

        def start(command: str) -> subprocess.Popen[bytes]:
            pipes = dict.fromkeys(("stdin", "stdout"), subprocess.PIPE)
            environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
            process = subprocess.Popen(
                ["sh", "-c", f"exec {command}"], cwd=tmp_path, env=environment, **pipes
            )
            processes.enter_context(process)
            processes.callback(process.kill)
            return process

        yield start
