"""Frames that keep the rules of RFC 6455: all of them arrive, whole and as they were.

These and the next three files (`test_violations`, `test_text`, `test_close_frames`) check what
Autobahn's test suite checks. One client on a server with `echo` is enough for most of it.
"""

from __future__ import annotations

import random
import socket
from itertools import pairwise

import pytest
from clients import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, RawClient, encode_frame

from msgproxy import Limits
from msgproxy.protocol.frames import SEND_CHUNK, in_pieces

MIB = 1 << 20


@pytest.fixture
def client(start, connect) -> RawClient:
    """A client of a server that echoes."""
    return connect(start(echo=True))


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 128, 65535, 65536, 65537, MIB])
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_a_message_of_any_size_comes_back_in_one_frame_with_the_shortest_head(client, size, opcode):
    """The sizes around which the encoding of the length changes, up to the default limit."""
    payload = bytes(ord("a") + i % 26 for i in range(size))
    client.send_frame(opcode, payload)
    expected = encode_frame(opcode, payload, mask=False)
    assert client._exactly(len(expected)) == expected


def test_a_message_may_be_very_large_if_the_limits_allow_it(start, connect):
    limits = Limits(max_message_size=16 * MIB, inbound_limit=MIB, outbound_limit=20 * MIB)
    client = connect(start(echo=True, limits=limits))
    message = random.Random(1).randbytes(16 * MIB)
    client.send(message)
    assert client.receive() == message


def test_the_example_of_the_rfc_is_understood(client):
    """A masked "Hello" (RFC 6455 section 5.7), so that two mistakes cannot cancel out."""
    client.socket.sendall(bytes.fromhex("8185 37fa213d 7f9f4d5158"))
    assert client._exactly(7) == bytes.fromhex("8105 48656c6c6f")


@pytest.mark.parametrize("mask", [bytes(4), b"\xff" * 4, b"\x01\x02\x04\x08"])
def test_every_mask_is_taken_off(client, mask):
    """Seven bytes: the mask does not fit in a whole number of times."""
    masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(b"1234567"))
    client.socket.sendall(b"\x82\x87" + mask + masked)
    assert client.receive() == b"1234567"


@pytest.mark.parametrize(
    "pieces",
    [
        [b"one ", b"two"],
        [b"a", b"b", b"c", b"d"],
        [b"", b"x", b""],
        [b"", b""],
        [b"y" * 70_000] * 3,
    ],
    ids=["two", "four", "empty ends", "all empty", "large"],
)
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_fragments_become_one_message(client, opcode, pieces):
    client.socket.sendall(b"".join(fragments(opcode, pieces)))
    assert client.receive_frame() == (True, opcode, b"".join(pieces))


def fragments(opcode: int, pieces: list[bytes]) -> list[bytes]:
    """Return the frames of one message in pieces."""
    opcodes = [opcode] + [CONTINUATION] * (len(pieces) - 1)
    last = len(pieces) - 1
    return [encode_frame(opcodes[i], piece, fin=i == last) for i, piece in enumerate(pieces)]


def test_control_frames_may_come_between_fragments(client):
    """Pings are answered at once: the message is not complete before that."""
    one, two, three = fragments(TEXT, [b"one", b"two", b"three"])
    client.socket.sendall(one + encode_frame(PING, b"1") + encode_frame(PONG, b"unsolicited"))
    assert client.receive_frame() == (True, PONG, b"1")
    client.socket.sendall(two + encode_frame(PING, b"2"))
    assert client.receive_frame() == (True, PONG, b"2")
    client.socket.sendall(three)
    assert client.receive_frame() == (True, TEXT, b"onetwothree")


def test_pings_of_every_size_are_answered_with_the_same_bytes_in_order(client):
    pings = [bytes(range(255, 255 - size, -1)) for size in range(126)]
    client.socket.sendall(b"".join(encode_frame(PING, ping) for ping in pings))
    assert [client.receive_frame() for _ in pings] == [(True, PONG, ping) for ping in pings]


@pytest.mark.parametrize("payload", [b"", b"\xff" * 125])
def test_a_pong_that_nobody_asked_for_is_ignored(client, payload):
    client.send_frame(PONG, payload)
    client.send("still there")
    assert client.receive_frame() == (True, TEXT, b"still there")


def test_frames_may_dribble_in(client):
    """Each byte in a segment of its own: heads, masks and characters are all cut somewhere."""
    client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    frames = [
        *fragments(TEXT, ["grüß ".encode(), "dich €".encode()]),
        encode_frame(PING, b"ping"),
        encode_frame(BINARY, b"x" * 200),
        encode_frame(TEXT),
        encode_frame(CLOSE, b"\x03\xe8bye"),
    ]
    for byte in b"".join(frames):
        client.socket.sendall(bytes([byte]))
    received = [client.receive_frame()[1:] for _ in range(5)]
    # The pong does not go through the broker, so it may overtake messages.
    received.remove((PONG, b"ping"))
    assert received == [
        (TEXT, "grüß dich €".encode()),
        (BINARY, b"x" * 200),
        (TEXT, b""),
        (CLOSE, b"\x03\xe8bye"),
    ]


def test_frames_may_come_in_one_segment_with_the_request(start, connect):
    """A client need not wait for the answer, so nothing after the request may get lost."""
    early = encode_frame(PING, b"early") + encode_frame(TEXT, b"bird")
    client = connect(start(echo=True), early=early)
    received = {client.receive_frame()[1:] for _ in range(2)}
    assert received == {(PONG, b"early"), (TEXT, b"bird")}


def test_many_frames_may_follow_the_request_at_once(start, connect):
    """More than a request may have in bytes, and cut in the middle of a frame there."""
    messages = [bytes([i]) * 1000 for i in range(100)]
    early = b"".join(encode_frame(BINARY, message) for message in messages)
    client = connect(start(echo=True), early=early + encode_frame(CLOSE))
    assert [client.receive() for _ in messages] == messages
    assert client.receive_close() == (None, "")
    assert client.is_at_end()


def test_messages_stay_apart_and_in_order_however_the_bytes_are_cut(client):
    """Thousands of messages of all sizes, in segments that do not match frames."""
    dice = random.Random(2)
    messages = [dice.randbytes(dice.choice([0, 1, 10, 125, 126, 2000])) for _ in range(3000)]
    stream = b"".join(encode_frame(BINARY, message) for message in messages)
    while stream:
        size = dice.choice([1, 2, 3, 7, 100, 5000, 100_000])
        client.socket.sendall(stream[:size])
        stream = stream[size:]
    assert [client.receive() for _ in messages] == messages


def test_without_echo_the_sender_does_not_get_its_own_message(server, connect):
    sender, other = connect(server), connect(server)
    other.send_frame(PING)
    assert other.receive_frame() == (True, PONG, b""), "the other one has joined"
    sender.send("mine")
    assert other.receive() == "mine"
    other.send("yours")
    assert sender.receive() == "yours", "the first that the sender gets"


# What is sent, in pieces.


SIZES = {
    "small": [10],
    "a piece": [SEND_CHUNK],
    "a byte more": [SEND_CHUNK + 1],
    "a piece of two": [SEND_CHUNK - 5, 5, 1],
    "two pieces": [SEND_CHUNK, SEND_CHUNK, 1],
    "large first": [3 * SEND_CHUNK, 100, 100],
    "large within": [100, 2 * SEND_CHUNK + 7, 100],
    "no two fit": [200_000] * 5,
    "many small": [1000] * 1000,
}


@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
def test_no_piece_is_larger_than_its_bound_and_nothing_is_lost(sizes):
    """A client has the ping timeout for each. As few pieces as that takes, in the right order."""
    frames = [random.Random(size).randbytes(size) for size in sizes]
    pieces = list(in_pieces(frames))
    assert b"".join(pieces) == b"".join(frames)
    assert max(map(len, pieces)) <= SEND_CHUNK
    full_enough = sum(one + other > SEND_CHUNK for one, other in pairwise(map(len, pieces)))
    assert full_enough >= (len(pieces) - 1) / 2 - 1


def test_what_is_large_is_sent_without_a_copy():
    """All clients that get it share it."""
    frame = bytes(2 * SEND_CHUNK)
    assert {piece.obj is frame for piece in in_pieces([frame]) if piece} == {True}
