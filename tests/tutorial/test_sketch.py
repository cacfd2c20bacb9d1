"""The twenty lines with which the tutorial begins echo, and end badly, as the page says."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from pathlib import Path

import simple_websocket
from clients import PATIENCE
from ports import free_port

SKETCH = Path(__file__).parents[2] / "tutorial" / "steps" / "sketch.py"


def test_twenty_lines_echo_and_do_not_end_well(tmp_path):
    port = free_port()
    text = SKETCH.read_text()
    assert len(text.splitlines()) <= 20
    program = tmp_path / "sketch.py"
    program.write_text(text.replace("8765", str(port)))
    with running(program) as server:
        assert server.stdout.readline() == f"ready: ws://127.0.0.1:{port}/\n"
        client = simple_websocket.Client(f"ws://127.0.0.1:{port}/")
        client.send("hello")
        assert client.receive(PATIENCE) == "hello"
        client.close()
        assert any("ConnectionClosed" in line for line in server.stderr)


@contextlib.contextmanager
def running(program):
    """Run a program; kill it at the end, or when it has taken too long."""
    pipe = subprocess.PIPE
    command = [sys.executable, program]
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        late = threading.Timer(PATIENCE, process.kill)
        late.start()
        try:
            yield process
        finally:
            late.cancel()
            process.kill()
