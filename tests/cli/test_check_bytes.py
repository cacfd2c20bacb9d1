"""Whatever a server sends, `msgproxy check` says so in a sentence, and does not crash."""

from __future__ import annotations

import base64
import hashlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from clients import BINARY, CLOSE, PATIENCE, PING, PONG, TEXT, encode_frame, wait_for
from hypothesis import given
from hypothesis import strategies as st

from msgproxy.check.behaviours.load import BLOCK, drain
from msgproxy.check.client import Address, Client
from msgproxy.check.harness import Harness

ANYWHERE = Address("localhost", 80, "/")


@contextmanager
def client_and_server() -> Iterator[tuple[Client, socket.socket]]:
    """The checker's client, which has sent its request, and the socket of the server."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = Client("A", socket.create_connection(listener.getsockname()))
        server, _ = listener.accept()
    with server:
        server.settimeout(PATIENCE)
        client.request(ANYWHERE)
        client.flush()
        try:
            yield client, server
        finally:
            client.close()


def end_after(answer: bytes, frames: bytes = b"") -> str:
    """Return why it gives up on a server that sends this and hangs up."""
    with client_and_server() as (client, server):
        if answer:
            request = server.recv(65536).decode()
            key = request.partition("Sec-WebSocket-Key: ")[2].partition("\r\n")[0].encode()
            proof = hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
            server.sendall(answer.replace(b"PROOF", base64.b64encode(proof)))
        server.sendall(frames)
        server.shutdown(socket.SHUT_WR)

        def is_over() -> object:
            client.receive()
            return client.end

        wait_for(is_over, "the end")
        return str(client.end)


def test_a_client_that_only_counts_shows_that_it_lives():
    blocks = 3
    signs = []

    def serve(server: socket.socket) -> None:
        server.recv(65536)  # the request
        for _ in range(blocks):
            server.sendall(BLOCK)
            signs.append(server.recv(6)[:2])  # a frame without payload, and its mask

    with client_and_server() as (client, server), Harness(ANYWHERE, PATIENCE) as harness:
        harness.clients.append(client)
        client.only_counts = True
        thread = threading.Thread(target=serve, args=(server,))
        thread.start()
        assert drain(harness, client, blocks * len(BLOCK))
        harness.send_all(client)
        thread.join(PATIENCE)
    assert signs == [bytes([0x80 | PONG, 0x80])] * blocks


def test_a_client_that_only_counts_answers_a_close_frame():
    """A server may wait for that answer before it hangs up (RFC 6455 section 5.5.1)."""
    too_slow = b"\x03\xf5"
    answers = []

    def serve(server: socket.socket) -> None:
        server.recv(65536)  # the request
        server.sendall(encode_frame(BINARY, BLOCK, mask=False))
        server.sendall(encode_frame(CLOSE, too_slow, mask=False))
        while (head := server.recv(2, socket.MSG_WAITALL)) == bytes([0x80 | PONG, 0x80]):
            server.recv(4, socket.MSG_WAITALL)  # the mask
        answers.append(head)
        server.shutdown(socket.SHUT_RDWR)

    with client_and_server() as (client, server), Harness(ANYWHERE, PATIENCE) as harness:
        harness.clients.append(client)
        client.only_counts = True
        thread = threading.Thread(target=serve, args=(server,))
        thread.start()
        try:
            assert not drain(harness, client, 2 * len(BLOCK))
        finally:
            thread.join(PATIENCE)
    assert answers == [bytes([0x80 | CLOSE, 0x80 | len(too_slow)])]
    assert (client.close_code, str(client.end)) == (1013, LOST)


# The request.


@pytest.mark.parametrize(
    ("address", "name"),
    [
        (Address("localhost", 80, "/"), "localhost"),
        (Address("::1", 80, "/"), "[::1]"),
        (Address("localhost", 8080, "/"), "localhost:8080"),
        (Address("::1", 443, "/"), "[::1]:443"),
    ],
)
def test_as_in_browsers_a_host_has_no_default_port(address, name):
    """Nor has an Origin, which is made of it (RFC 6454 section 6.2)."""
    assert address.name == name


# The answer.

BEGIN = b"HTTP/1.1 101 Fine\r\nSec-WebSocket-Accept: PROOF\r\n"
UPGRADE, CONNECTION = b"Upgrade: websocket\r\n", b"Connection: Upgrade\r\n"
ACCEPTED = BEGIN + UPGRADE + CONNECTION + b"\r\n"
LOST = "the end of the connection, without a Close frame"


NO_FRAME = "bytes that are no frame of a server: it"


@pytest.mark.parametrize(
    ("frames", "end"),
    [
        (b"", LOST),
        (encode_frame(CLOSE, b"\x03", mask=False), "a Close frame of one byte"),
        (encode_frame(CLOSE, b"", mask=False), "a Close frame without a code"),
        (encode_frame(CLOSE, b"\x03\xe8\xff", mask=False), "a Close frame with code 1000 \ufffd"),
        (encode_frame(TEXT, b"\xff", mask=False), "a text message that is not UTF-8"),
        (encode_frame(TEXT, b"", mask=False, length=1 << 40), "bytes that are no frame"),
        (encode_frame(PING, b"hi", mask=False, fin=False), f"{NO_FRAME} is a control frame, but"),
        (encode_frame(CLOSE, b"", mask=False, fin=False), f"{NO_FRAME} is a control frame, but"),
        (b"\x81\x7e\x00\x7d", f"{NO_FRAME} has the length 125 in 2 bytes"),
        (b"\x82\x7f" + (65535).to_bytes(8, "big"), f"{NO_FRAME} has the length 65,535 in 8 bytes"),
    ],
)
def test_frames_that_are_wrong_are_described(frames, end):
    assert end_after(ACCEPTED, frames).startswith(end)


@pytest.mark.parametrize("size", [125, 126, 65535, 65536])
def test_the_shortest_length_is_right(size):
    assert end_after(ACCEPTED, encode_frame(BINARY, bytes(size), mask=False)) == LOST


@pytest.mark.parametrize(
    ("answer", "end"),
    [
        (b"HTTP/1.1 \xb2\xb2\xb2 Fine\r\n\r\n", "an HTTP response without a status"),
        (b"HTTP/1.1 " + b"9" * 5000 + b"\r\n\r\n", "an HTTP response without a status"),
        (ACCEPTED.replace(b"PROOF", b"x"), "a Sec-WebSocket-Accept that does not fit"),
        (b"HTTP/1.1 101\r\n" + UPGRADE + CONNECTION + b"\r\n", "a Sec-WebSocket-Accept that does"),
        (b"HTTP/1.1 101\r\n\r\n", "the HTTP status 101, but without the header 'Upgrade"),
        (b"HTTP/1.1 404\r\n\r\n", "the HTTP status 404"),
    ],
)
def test_answers_that_are_wrong_are_described(answer, end):
    assert end_after(answer).startswith(end)


@pytest.mark.parametrize(
    ("headers", "end"),
    [
        (CONNECTION, "without the header 'Upgrade: websocket'"),
        (CONNECTION + b"Upgrade: h2c\r\n", "without the header 'Upgrade: websocket'"),
        (CONNECTION + b"Upgrade: websocket, h2c\r\n", "without the header 'Upgrade: websocket'"),
        (UPGRADE, "without the header 'Connection: Upgrade'"),
        (UPGRADE + b"Connection: Upgraded\r\n", "without the header 'Connection: Upgrade'"),
        (
            UPGRADE + CONNECTION + b"Sec-WebSocket-Extensions: permessage-deflate\r\n",
            "with 'Sec-WebSocket-Extensions: permessage-deflate', though the client offered none",
        ),
        (
            UPGRADE + CONNECTION + b"Sec-WebSocket-Protocol: chat\r\n",
            "with 'Sec-WebSocket-Protocol: chat', though the client offered none",
        ),
    ],
)
def test_an_answer_that_no_browser_accepts_is_described(headers, end):
    """A client must fail then (RFC 6455 section 4.1)."""
    assert end_after(BEGIN + headers + b"\r\n") == f"the HTTP status 101 Fine, but {end}"


@pytest.mark.parametrize(
    "headers",
    [
        b"upgrade: WebSocket\r\nCONNECTION: UPGRADE\r\n",
        UPGRADE + b"Connection: keep-alive ,upgrade\r\n",
        UPGRADE + CONNECTION + b"Connection: keep-alive\r\n",
    ],
)
def test_an_answer_may_have_capitals_and_lists(headers):
    assert end_after(BEGIN + headers + b"\r\n") == LOST


@pytest.mark.parametrize("versions", [b"13", b"13, 8, 7", b"13\r\nSec-WebSocket-Version: 8, 7"])
def test_a_server_may_list_versions_in_one_header_or_in_two(versions):
    """As in the example of RFC 6455 section 4.4."""
    with client_and_server() as (client, server):
        server.sendall(b"HTTP/1.1 426 No\r\nSec-WebSocket-Version: %b\r\n\r\n" % versions)
        wait_for(lambda: client.receive() or client.answer, "the answer")
        assert client.answer.lists("sec-websocket-version", "13")
        assert not client.answer.lists("sec-websocket-version", "1")


@pytest.mark.parametrize("interim", [b"100 Continue\r\n", b"103 Early Hints\r\nLink: </a>\r\n"])
def test_an_interim_response_is_not_the_answer(interim):
    """The final response follows (RFC 9110 section 15.2)."""
    assert end_after(b"HTTP/1.1 " + interim + b"\r\n" + ACCEPTED) == LOST


FRAMES = st.lists(
    st.builds(
        lambda opcode, payload, fin, rsv, mask: encode_frame(
            opcode, payload, fin=fin, rsv=rsv, mask=mask
        ),
        st.integers(0, 15), st.binary(max_size=200), st.booleans(), st.sampled_from((0, 0, 0, 4)),
        st.sampled_from((False, False, False, True)),
    )
).map(b"".join)  # fmt: skip


@given(frames=st.binary() | FRAMES)
def test_no_frame_makes_it_crash(frames):
    end_after(ACCEPTED, frames)


@given(answer=st.binary(min_size=1) | st.binary().map(lambda more: b"HTTP/1.1 1" + more))
def test_no_answer_makes_it_crash(answer):
    end_after(answer)
