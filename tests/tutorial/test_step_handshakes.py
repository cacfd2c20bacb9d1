"""Steps 9 to 12, which read the handshake themselves, answer whatever comes in its place."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from clients import PATIENCE

pytestmark = pytest.mark.extra("programs of the tutorial")

FOLDER = Path(__file__).parents[2] / "tutorial" / "steps"
STEPS = ["step09_wsproto", "step10_stopping", "step11_fast", "step12_admission", "frames"]

RIGHT = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
)


def with_header(header: bytes) -> bytes:
    return RIGHT.replace(b"\r\n\r\n", b"\r\n" + header + b"\r\n\r\n")


WRONG = {
    "for the page": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "no HTTP": b"\x00\xff hello\r\n\r\n",
    "odd bytes in the host": RIGHT.replace(b"localhost", b"\xff"),
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


KEY = b"MDEyMzQ1Njc4OWFiY2RlZg=="
RULES = {
    "no origin, as programs have none": (RIGHT, 101),
    "the server's own origin": (with_header(b"Origin: http://localhost"), 101),
    "the origin of another site": (with_header(b"Origin: http://elsewhere.example"), 403),
    "an origin that begins like ours": (with_header(b"Origin: http://localhost.example"), 403),
    "an origin with another port": (with_header(b"Origin: http://localhost:9000"), 403),
    "a page from a file": (with_header(b"Origin: null"), 403),
    "a foreign name that leads here": (RIGHT.replace(b"localhost", b"elsewhere.example"), 421),
    "a host that is none": (RIGHT.replace(b"localhost", b"[::1"), 400),
    "a key of 15 bytes": (RIGHT.replace(KEY, b"MDEyMzQ1Njc4OWFiY2Rl"), 400),
    "a key that is not base64": (RIGHT.replace(KEY, b"MDEyMzQ1Njc4OWFiY2R!Zg=="), 400),
    "an empty key": (RIGHT.replace(KEY, b""), 400),
    "an old version": (RIGHT.replace(b"Version: 13", b"Version: 8"), 426),
}


@pytest.mark.parametrize("server", STEPS[3:4], indirect=True)
def test_step_12_refuses_what_it_should(server):
    statuses = {
        what: int(answer(server, request).split()[1]) for what, (request, _) in RULES.items()
    }
    assert statuses == {what: status for what, (_, status) in RULES.items()}
