"""The handshake, byte by byte: what is not a request, how large it may be, how long it may take."""

from __future__ import annotations

import contextlib
import logging
import socket
import time

import pytest
from clients import PATIENCE
from http_client import ask, check_refusal, open_socket, read_answer, request

from msgproxy import Limits

LARGEST = 16 * 1024
"""Bytes of a request that are still taken: the promise, not the package's constant."""

GARBAGE = {
    "a TLS client": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(200)),
    "zeros": bytes(100),
    "high bytes": b"\xff\xfe\xfd\r\n\r\n",
    "an empty line": b"\r\n\r\n",
    "one word": b"HELLO\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "an unknown version": b"GET / HTTP/1\r\nHost: localhost\r\n\r\n",
    "another protocol": b"GET / RTSP/1.0\r\nHost: localhost\r\n\r\n",
    "two spaces": b"GET  / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "spaces in the target": b"GET /a b HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a NUL in the target": b"GET /\0 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "high bytes in the target": b"GET /\xc3\xbc HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
    "a header without colon": b"GET / HTTP/1.1\r\nHost: localhost\r\nabc\r\n\r\n",
    "a header without name": b"GET / HTTP/1.1\r\nHost: localhost\r\n: abc\r\n\r\n",
    "a space before the colon": b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n",
    "a folded line first": b"GET / HTTP/1.1\r\n Host: localhost\r\n\r\n",
    "high bytes in a name": b"GET / HTTP/1.1\r\nHost: localhost\r\n\xff: a\r\n\r\n",
    "a NUL in a value": b"GET / HTTP/1.1\r\nHost: localhost\r\nA: \0\r\n\r\n",
    "a bare CR in a value": b"GET / HTTP/1.1\r\nHost: localhost\r\nA: b\rc\r\n\r\n",
    "a negative length": b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    "two lengths": b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1, 2\r\n\r\n",
}


@pytest.fixture
def log(caplog) -> pytest.LogCaptureFixture:
    """What the server logs, from level INFO on."""
    caplog.set_level(logging.INFO, "msgproxy")
    return caplog


@pytest.mark.parametrize("data", GARBAGE.values(), ids=GARBAGE)
def test_garbage_is_refused(server, log, data):
    check_refusal(ask(server.url, data), log, 400)
    assert ask(server.url, request(server.url)).status == 101, "the next one is served"


def test_a_body_in_an_unknown_coding_is_refused(server, log):
    """Status 501, as RFC 9112 section 6.1 has it."""
    answer = ask(server.url, request(server.url, {"Transfer-Encoding": "gzip"}))
    check_refusal(answer, log, 501)


@pytest.mark.parametrize("odd", ["\x80", "\xff", "\xa0", "\x85", "\x01", "\x1b[31m", "%s%n{}"])
@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("Host", 421),
        ("Origin", 403),
        ("Connection", 400),
        ("Sec-WebSocket-Version", 426),
        ("Sec-WebSocket-Key", 400),
        ("Content-Length", 400),
    ],
)
def test_odd_bytes_in_a_header_do_no_harm(server, log, header, status, odd):
    """Neither to the server, nor to the terminal that shows its log (`check_refusal` looks)."""
    check_refusal(ask(server.url, request(server.url, {header: f"a{odd}b"})), log, status)


def test_a_folded_header_is_read_as_one_line(server):
    data = request(server.url, {"Connection": "keep-alive,\r\n \tUpgrade"})
    assert ask(server.url, data).status == 101


def padded_request(server, size: int) -> bytes:
    """Return a correct request of that many bytes."""
    bare = len(request(server.url, {"X-Padding": ""}))
    return request(server.url, {"X-Padding": "x" * (size - bare)})


@pytest.mark.parametrize("size", [LARGEST - 1, LARGEST])
def test_a_request_may_be_as_large_as_the_limit(server, size):
    data = padded_request(server, size)
    assert len(data) == size
    assert ask(server.url, data).status == 101


@pytest.fixture
def patient(monkeypatch):
    """The server reads what follows a request that it refuses, however long that takes here."""
    monkeypatch.setattr("msgproxy.admission.LINGER_TIMEOUT", PATIENCE)


@pytest.mark.parametrize("size", [LARGEST + 1, 2 * LARGEST, 1 << 20])
@pytest.mark.usefixtures("patient")
def test_a_request_beyond_the_limit_is_refused(server, log, size):
    check_refusal(ask(server.url, padded_request(server, size)), log, 431)


@pytest.mark.usefixtures("patient")
def test_a_request_line_without_end_is_refused(server, log):
    check_refusal(ask(server.url, b"GET /" + b"x" * 100_000), log, 431)


def test_a_request_beyond_the_limit_is_refused_also_if_it_dribbles_in(server, log):
    """Refused as soon as it is too large, not when it is complete: it never is."""
    with open_socket(server.url) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        unfinished = padded_request(server, LARGEST + 100)[:-100]
        for start in range(0, LARGEST, 512):
            sock.sendall(unfinished[start : start + 512])
        check_refusal(read_answer(sock), log, 431)


def test_what_is_logged_about_a_large_request_is_short(server, log):
    """A line that a person can read, though whoever sent the request would like it longer."""
    ask(server.url, b"GET / HTTP/1.1\r\n" + b"\xff" * 2000 + b"\r\n\r\n")
    ask(server.url, request(server.url, {"Origin": "\x01" * 2000}))
    assert [len(record.getMessage()) < 1000 for record in log.records] == [True, True]


def test_a_handshake_in_single_bytes_is_fine(server):
    with open_socket(server.url) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in request(server.url):
            sock.sendall(bytes([byte]))
        assert read_answer(sock).status == 101


HANDSHAKE_TIMEOUT = 0.5


@pytest.mark.parametrize("sends", ["nothing", "a byte now and then"])
def test_a_client_that_takes_too_long_for_the_handshake_is_dropped(start, log, sends):
    """The deadline is one in total: each byte comes well in time, and it does not help."""
    server = start(limits=Limits(handshake_timeout=HANDSHAKE_TIMEOUT))
    begin = time.monotonic()
    data = request(server.url, {"X-Padding": "x" * 10_000}) if sends != "nothing" else b""
    with open_socket(server.url) as sock:
        assert is_dropped(sock, data)
    assert time.monotonic() - begin >= HANDSHAKE_TIMEOUT
    [line] = log.records
    assert line.levelno == logging.INFO
    assert "gave up on" in line.getMessage()
    assert ask(server.url, request(server.url)).status == 101, "the next one is served"


def is_dropped(sock: socket.socket, data: bytes) -> bool:
    """Send a byte every 50 ms until the server hangs up; return whether it did so in silence."""
    sock.settimeout(0.05)
    deadline = time.monotonic() + PATIENCE
    for start in range(100_000):
        assert time.monotonic() < deadline, "waited in vain for the server to hang up"
        with contextlib.suppress(TimeoutError):
            try:
                sock.sendall(data[start : start + 1])
                return sock.recv(1) == b""
            except (ConnectionResetError, BrokenPipeError):
                return True
    return False


def test_a_client_that_asks_for_nothing_is_noted_in_one_line(server, log):
    """A port scanner, or a browser that connects in advance."""
    with open_socket(server.url) as sock:
        sock.shutdown(socket.SHUT_WR)
        assert sock.recv(1) == b""
    [line] = log.records
    assert "gave up on" in line.getMessage()
