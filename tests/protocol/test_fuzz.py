"""Bytes that nobody would think of, thrown at a live server: it has to survive all of them.

Hypothesis makes them up: noise, and requests and frames that are nearly right. What the server
answers does not matter here. Afterwards it still serves, it has logged neither an error nor a
traceback, and (as after every test) no thread and no socket is left.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import struct

import pytest
from clients import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    RawClient,
    encode_frame,
    wait_for,
    wait_for_clients,
)
from http_client import KEY, open_socket, request
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from msgproxy import Limits

pytestmark = pytest.mark.timeout(600)  # hundreds of clients, one after the other

reproducible = settings(
    max_examples=300,
    derandomize=True,  # the same bytes each time: what fails, fails again
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def target(start, caplog):
    """A server to throw at. What is said above is checked here, when the test is over."""
    caplog.set_level(logging.INFO, "msgproxy")
    server = start(echo=True, limits=Limits(max_message_size=1000))
    yield server
    wait_for(lambda: not server.snapshot().clients, "nobody to be left")
    with RawClient(server.url) as one, RawClient(server.url) as other:
        wait_for_clients(server, 2)
        one.send("still there")
        assert other.receive() == "still there"
    lines = caplog.get_records("call")
    assert len(lines) >= 180, "nearly everyone was noted"
    bad = [line for line in lines if line.levelno >= logging.WARNING or line.exc_info]
    assert [line.getMessage() for line in bad] == []


def throw(sock: socket.socket, pieces: list[bytes]) -> None:
    """Send bytes, a piece at a time, say that this is all, and wait for the server's end."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # The server may hang up at any time, and reset what it did not want to read.
    with contextlib.suppress(ConnectionResetError, BrokenPipeError):
        for piece in pieces:
            sock.sendall(piece)
        sock.shutdown(socket.SHUT_WR)
    with contextlib.suppress(ConnectionResetError):
        while sock.recv(1 << 16):
            pass


# What is thrown.

noise = st.binary(max_size=300)


@st.composite
def pieces_of(draw, wholes) -> list[bytes]:
    """Damage some bytes a little, or not at all, and cut them into pieces."""
    data = draw(wholes)
    for _ in range(draw(st.integers(0, 2))):
        start = draw(st.integers(0, len(data)))
        data = data[:start] + draw(st.binary(max_size=2)) + data[start + draw(st.integers(0, 2)) :]
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=3)))
    return [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]


NAMES = ["Host", "Upgrade", "Connection", "Origin", "Sec-WebSocket-Key", "Sec-WebSocket-Version"]
NAMES += ["Content-Length", "Transfer-Encoding", "Expect", "X-Other"]
VALUES = ["", "websocket", "Upgrade", "close", "13", KEY, "0", "5", "chunked", "100-continue"]
VALUES += ["null", "localhost", "[", "[::1]", "[::1%25x]", "http://[", "a:b:c", ",", "\xff", "\x01"]

values = st.sampled_from(VALUES) | st.text(st.characters(max_codepoint=255), max_size=9)
changes = st.dictionaries(
    st.sampled_from(NAMES),
    st.none() | values | st.lists(values, min_size=2, max_size=3),
    max_size=4,
)
methods = st.sampled_from(["GET", "GET", "GET", "HEAD", "POST", "CONNECT", "PRI", "get"])
paths = st.sampled_from(["/", "/", "/", "/?", "*", "//", "/trace", "http://localhost/"])
versions = st.sampled_from(["1.1", "1.1", "1.1", "1.0", "0.9", "2.0", "1."])


@st.composite
def frames(draw) -> bytes:
    """Make a few frames, most of them right."""

    def mostly(usual, *others):
        return draw(st.sampled_from([usual] * 20 + list(others)))

    key = draw(st.binary(min_size=4, max_size=4))
    opcodes = st.sampled_from([TEXT, TEXT, BINARY, BINARY, PING, PONG, CONTINUATION, CLOSE])
    payloads = st.text(max_size=30).map(str.encode) | st.binary(max_size=30) | noise
    return b"".join(
        encode_frame(
            mostly(draw(opcodes), 3, 7, 11, 15),
            mostly(draw(payloads), b"\x03\xe8bye", bytes(999), bytes(1001)),
            fin=mostly(True, False, False, False),
            rsv=mostly(0, 1, 4),
            mask=mostly(True, False),
            length=mostly(None, 0, 1, 126, 2**16, 2**62, 2**63),
            key=key,
        )
        for _ in range(draw(st.integers(1, 6)))
    )


# And where.


def test_a_server_survives_noise_instead_of_a_request(target):
    @reproducible
    @given(st.lists(noise, max_size=4))
    def throw_it(pieces):
        with open_socket(target.url) as sock:
            throw(sock, pieces)

    throw_it()


def test_a_server_survives_requests_that_are_damaged(target):
    @reproducible
    @given(pieces_of(st.just(request(target.url))), noise)
    def throw_it(pieces, what_follows):
        with open_socket(target.url) as sock:
            throw(sock, [*pieces, what_follows])

    throw_it()


def test_a_server_survives_requests_with_odd_headers(target):
    @reproducible
    @given(changes, methods, paths, versions, noise)
    def throw_it(changes, method, path, version, what_follows):
        data = request(target.url, changes, method=method, target=path, version=version)
        with open_socket(target.url) as sock:
            throw(sock, [data + what_follows])

    throw_it()


def test_a_server_survives_noise_instead_of_frames(target):
    @reproducible
    @given(st.lists(noise, max_size=4))
    def throw_it(pieces):
        with RawClient(target.url) as client:
            throw(client.socket, pieces)

    throw_it()


def test_a_server_survives_frames_that_are_damaged(target):
    @reproducible
    @given(pieces_of(frames()))
    def throw_it(pieces):
        with RawClient(target.url) as client:
            throw(client.socket, pieces)

    throw_it()


def test_a_server_survives_clients_that_vanish_in_the_middle(target):
    """By a reset, at any point of the request or of the frames after it."""

    @reproducible
    @given(frames(), st.floats(0, 1))
    def throw_it(data, part):
        data = request(target.url) + data
        sock = open_socket(target.url)
        sock.sendall(data[: round(part * len(data))])
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()  # with this option that means: reset it

    throw_it()
