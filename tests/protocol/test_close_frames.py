"""What a client's Close frame may say, and what the server answers."""

from __future__ import annotations

import logging
import struct

import pytest
from clients import CLOSE, PING, TEXT, RawClient, encode_frame, wait_for, wait_for_clients

from msgproxy import Limits

VALID_CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999]
INVALID_CODES = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535]


@pytest.fixture
def client(server, connect) -> RawClient:
    return connect(server)


def close_payload(code: int, reason: bytes = b"") -> bytes:
    return struct.pack("!H", code) + reason


@pytest.mark.parametrize("code", VALID_CODES)
def test_a_close_is_answered_with_its_own_code(client, code):
    assert client.close_cleanly(code) == (code, "")
    assert client.is_at_end()


def test_a_close_without_code_is_answered_without_code(client):
    client.send_frame(CLOSE)
    assert client.receive_frame() == (True, CLOSE, b"")
    assert client.is_at_end()


@pytest.mark.parametrize("reason", ["bye", "grüß dich €", "x" * 123, "€" * 41, "\0\x1b[31m"])
def test_a_close_may_have_a_reason(client, caplog, reason):
    """It is in the log, as characters that do nothing to a terminal."""
    caplog.set_level(logging.INFO, "msgproxy")
    client.send_frame(CLOSE, close_payload(1000, reason.encode()))
    assert client.receive_close()[0] == 1000
    assert client.is_at_end()
    [line] = [record.getMessage() for record in caplog.records if "left" in record.getMessage()]
    assert line == f"left: 1000 {ascii(reason)[1:-1]}"
    assert line.isascii()
    assert line.isprintable()


@pytest.mark.parametrize("code", INVALID_CODES)
def test_a_close_with_a_code_that_must_not_be_sent_is_answered_with_1002(client, code):
    client.send_frame(CLOSE, close_payload(code))
    assert client.receive_close()[0] == 1002
    assert client.is_at_end()


@pytest.mark.parametrize("payload", [b"\x03", b"\0"])
def test_a_close_with_half_a_code_is_answered_with_1002(client, payload):
    client.send_frame(CLOSE, payload)
    assert client.receive_close()[0] == 1002
    assert client.is_at_end()


@pytest.mark.parametrize("reason", [b"\xff", b"ok \xe2\x82", b"\xed\xa0\x80", b"x" * 122 + b"\xc3"])
def test_a_close_whose_reason_is_not_utf_8_is_answered_with_1007(client, reason):
    client.send_frame(CLOSE, close_payload(1000, reason))
    assert client.receive_close()[0] == 1007
    assert client.is_at_end()


def test_a_close_may_come_in_the_middle_of_a_fragmented_message(client):
    client.send_frame(TEXT, b"never to be finished", fin=False)
    assert client.close_cleanly(1000) == (1000, "")
    assert client.is_at_end()


BEHIND_A_CLOSE = {
    "a message": encode_frame(TEXT, b"too late"),
    "a ping": encode_frame(PING, b"too late"),
    "another close": encode_frame(CLOSE, close_payload(4000)),
    "a broken frame": encode_frame(7, b"too late", mask=False),
    "a lot": encode_frame(TEXT, b"too late") * 100_000,
}


@pytest.mark.parametrize("behind", BEHIND_A_CLOSE.values(), ids=BEHIND_A_CLOSE)
def test_whatever_comes_after_a_close_is_ignored(server, connect, behind):
    """It is read, or the answer could get lost; but it means nothing any more."""
    leaving, first, second = connect(server), connect(server), connect(server)
    wait_for_clients(server, 3)
    leaving.socket.sendall(encode_frame(CLOSE, close_payload(1000)) + behind)
    assert leaving.receive_frame() == (True, CLOSE, close_payload(1000))
    assert leaving.is_at_end()
    first.send("on time")
    assert second.receive() == "on time"


def test_what_was_said_before_the_close_still_arrives(server, connect):
    """All of it, in order, though the sender is gone when it is forwarded."""
    leaving, other = connect(server), connect(server)
    wait_for_clients(server, 2)
    words = [f"word {number}" for number in range(1000)]
    frames = [encode_frame(TEXT, word.encode()) for word in words]
    leaving.socket.sendall(b"".join(frames) + encode_frame(CLOSE, close_payload(1000)))
    leaving.close()
    assert [other.receive() for _ in words] == words


def test_the_end_comes_with_the_close_frame(start, connect):
    """Whatever time a client then takes to hang up: nothing follows, and it can see that."""
    client = connect(start(limits=Limits(close_timeout=600)))
    client.close_cleanly()
    assert client.is_at_end()


def test_the_server_hangs_up_first_and_forgets_the_client(server, connect):
    """RFC 6455 section 7.1.1 asks the server to: then the client's port is free again at once."""
    client = connect(server)
    wait_for_clients(server, 1)
    client.close_cleanly()
    assert client.is_at_end()
    wait_for(lambda: not server.snapshot().clients, "nobody to be left")
