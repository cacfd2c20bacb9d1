"""`msgproxy chat` in a pipe: a real process; and a server made by hand."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
import socket
import subprocess
import sys

import pytest
from clients import PATIENCE, PROGRAM_PATIENCE

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


@pytest.fixture
def answer(chat):
    """Let a chat connect to a server that sends this after its 101, in the same packet."""
    with contextlib.ExitStack() as sockets:

        def answer_one(
            frames: bytes, before: bytes = b""
        ) -> tuple[subprocess.Popen[bytes], socket.socket]:
            listening = sockets.enter_context(socket.create_server(("127.0.0.1", 0)))
            listening.settimeout(PROGRAM_PATIENCE)
            process = chat(f"127.0.0.1:{listening.getsockname()[1]}")
            connection = sockets.enter_context(listening.accept()[0])
            connection.settimeout(PATIENCE)
            connection.sendall(before + _switch_protocols(connection) + frames)
            return process, connection

        yield answer_one


def _switch_protocols(connection: socket.socket) -> bytes:
    request = b""
    while not request.endswith(b"\r\n\r\n"):
        request += connection.recv(65536)
    key = re.search(rb"(?i)sec-websocket-key: (\S+)", request)[1]
    accept = hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: %b\r\n\r\n" % base64.b64encode(accept)
    )


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
