"""Steps 9 to 11, which read the handshake themselves, answer whatever comes in its place."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from clients import PATIENCE

pytestmark = pytest.mark.extra("programs of the tutorial")

FOLDER = Path(__file__).parents[2] / "tutorial" / "steps"
STEPS = ["step09_wsproto", "step10_stopping", "step11_fast"]

RIGHT = (
    b"GET / HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
)
WRONG = {
    "for the page": b"GET / HTTP/1.1\r\nHost: here\r\n\r\n",
    "no HTTP": b"\x00\xff hello\r\n\r\n",
    "odd bytes in the host": RIGHT.replace(b"here", b"\xff"),
    "odd bytes in a header": RIGHT.replace(b"13\r\n", b"13\r\nSec-WebSocket-Protocol: \xff\r\n"),
}


@pytest.fixture
def server(request):
    """Run a step; yield its port. In the end it must not have complained."""
    command = [sys.executable, FOLDER / f"{request.param}.py", "--port", "0"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield int(process.stdout.readline().rstrip("/\n").rpartition(":")[2])
        finally:
            process.terminate()
            _, complaints = process.communicate(timeout=PATIENCE)
        assert complaints == ""


def answer(port: int, request: bytes) -> bytes:
    """Return the first line of what is answered."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as client:
        client.sendall(request)
        return client.makefile("rb").readline()


@pytest.mark.parametrize("server", STEPS, indirect=True)
def test_whatever_comes_is_answered(server):
    for request in WRONG.values():
        assert answer(server, request).startswith(b"HTTP/1.1 400")
    assert answer(server, RIGHT).startswith(b"HTTP/1.1 101")
