"""A real Redis server, in a process of its own, on a free port of this machine.

It can do what goes wrong with one: be killed, freeze, be full, lose its data, ask for a password.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest
import redis
from clients import wait_for
from ports import free_port

STREAM = "talk"


def needs_program(name: str) -> None:
    """Skip a test that needs a program that is not there. Where the machine is ours, fail it."""
    if shutil.which(name) is None:
        assert os.environ.get("CI") != "true", f"{name} has to be there when CI is true"
        pytest.skip(f"there is no {name} on this machine")


class RedisServer:
    """Runs from `start()` on, until the end of the `with` block at the latest."""

    def __init__(self, *options: str) -> None:
        needs_program("redis-server")
        self._options = options
        self._folder = tempfile.TemporaryDirectory(prefix="msgproxy-redis-")
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> RedisServer:
        return self

    def __exit__(self, *_) -> None:
        self.kill()
        self._folder.cleanup()

    def url(self, *, password: str = "", length: int = 100_000, stream: str = STREAM) -> str:
        """Return what `--bridge` takes."""
        secret = f":{password}@" if password else ""
        return f"redis://{secret}127.0.0.1:{self.port}/0?stream={stream}&length={length}"

    def start(self) -> RedisServer:
        """Run, with what is on disk; return when it answers."""
        place = f"--port {self.port} --bind 127.0.0.1 --dir {self._folder.name} --save"
        command = ["redis-server", *place.split(), "", *self._options]
        with open(Path(self._folder.name) / "log", "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_for(self._answers, "the Redis server to answer")
        return self

    def kill(self) -> None:
        """End it as a loss of power would."""
        if self.process:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait(timeout=20)
            self.process = None

    def freeze(self) -> None:
        """Let it do nothing any more. The system still takes connections and bytes for it."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self.process.send_signal(signal.SIGCONT)

    def ask(self, *command: object, password: str | None = None):
        """Return the answer to a command."""
        connection = redis.Connection(port=self.port, password=password, protocol=2)
        try:
            connection.send_command(*command)
            return connection.read_response()
        finally:
            connection.disconnect()

    def _answers(self) -> bool:
        try:
            return bool(self.ask("PING"))
        except redis.AuthenticationError:
            return True
        except redis.RedisError:
            assert self.process.poll() is None, "redis-server has ended"
            return False


@pytest.fixture
def redis_server():
    """Start Redis servers: `redis_server("--appendonly", "yes")`."""
    servers = []

    def start_one(*options: str) -> RedisServer:
        servers.append(RedisServer(*options))
        return servers[-1].start()

    yield start_one
    for server in servers:
        server.__exit__()
