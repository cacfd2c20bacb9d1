"""Whatever a server sends, `msgproxy check` says so in a sentence, and does not crash."""

from __future__ import annotations

import base64
import hashlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from clients import CLOSE, PATIENCE, PONG, TEXT, encode_frame, wait_for
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


ACCEPTED = b"HTTP/1.1 101 Fine\r\nSec-WebSocket-Accept: PROOF\r\n\r\n"
LOST = "the end of the connection, without a Close frame"


@pytest.mark.parametrize(
    ("frames", "end"),
    [
        (b"", LOST),
        (encode_frame(CLOSE, b"\x03", mask=False), "a Close frame of one byte"),
        (encode_frame(CLOSE, b"", mask=False), "a Close frame without a code"),
        (encode_frame(CLOSE, b"\x03\xe8\xff", mask=False), "a Close frame with code 1000 \ufffd"),
        (encode_frame(TEXT, b"\xff", mask=False), "a text message that is not UTF-8"),
        (encode_frame(TEXT, b"", mask=False, length=1 << 40), "bytes that are no frame"),
    ],
)
def test_frames_that_are_wrong_are_described(frames, end):
    assert end_after(ACCEPTED, frames).startswith(end)


@pytest.mark.parametrize(
    ("answer", "end"),
    [
        (b"HTTP/1.1 \xb2\xb2\xb2 Fine\r\n\r\n", "an HTTP response without a status"),
        (b"HTTP/1.1 " + b"9" * 5000 + b"\r\n\r\n", "an HTTP response without a status"),
        (b"HTTP/1.1 101\r\n\r\n", "a Sec-WebSocket-Accept that does not fit"),
        (b"HTTP/1.1 404\r\n\r\n", "the HTTP status 404"),
    ],
)
def test_answers_that_are_wrong_are_described(answer, end):
    assert end_after(answer).startswith(end)


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
