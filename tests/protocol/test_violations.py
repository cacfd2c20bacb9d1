"""Frames that break the rules: whoever sends one gets a Close frame that says why, and is out.

Nobody else notices: what came after the bad frame is not forwarded, and the server goes on.
"""

from __future__ import annotations

import logging
import struct

import pytest
from clients import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PATIENCE,
    PING,
    PONG,
    TEXT,
    encode_frame,
    wait_for_clients,
)
from metronome import unless_starved

from msgproxy import Limits
from msgproxy.events import CloseReason
from msgproxy.protocol.frames import FrameParser, ReceivedMessage

RESERVED_OPCODES = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]
BEGUN = encode_frame(TEXT, b"begun", fin=False)
MASK = bytes(4)


def long_head(size: int, *, bits: int) -> bytes:
    """Return the head of a masked binary frame that has a length field of that many bits."""
    if bits == 16:
        return bytes([0x82, 0x80 | 126]) + struct.pack("!H", size) + MASK
    return bytes([0x82, 0x80 | 127]) + struct.pack("!Q", size) + MASK


def violations():
    """Yield what breaks a rule of framing, all to be answered with 1002."""
    for name, opcode in {"ping": PING, "pong": PONG, "close": CLOSE}.items():
        yield f"{name} of 126 bytes", encode_frame(opcode, b"\x03\xe8" + b"x" * 124)
        yield f"{name} of 65536 bytes", encode_frame(opcode, b"\x03\xe8" + b"x" * 65534)
        yield f"{name} in fragments", encode_frame(opcode, b"\x03\xe8", fin=False)
        yield f"{name} not masked", encode_frame(opcode, b"\x03\xe8", mask=False)
        yield f"{name} with a reserved bit", encode_frame(opcode, b"\x03\xe8", rsv=4)
        yield f"{name}, just the head of one too long", bytes([0x80 | opcode, 0x80 | 126])
    for opcode in RESERVED_OPCODES:
        yield f"opcode {opcode}", encode_frame(opcode)
        yield f"opcode {opcode} with payload", encode_frame(opcode, b"payload")
        yield f"opcode {opcode} within a message", BEGUN + encode_frame(opcode)
    for rsv in range(1, 8):
        yield f"reserved bits {rsv:03b}", encode_frame(TEXT, b"text", rsv=rsv)
    yield "reserved bit in a continuation", BEGUN + encode_frame(CONTINUATION, b"x", rsv=4)
    yield "text not masked", encode_frame(TEXT, b"text", mask=False)
    yield "nothing, not masked", encode_frame(BINARY, mask=False)
    yield "continuation not masked", BEGUN + encode_frame(CONTINUATION, b"x", mask=False)
    yield "length 0 in 16 bits", long_head(0, bits=16)
    yield "length 125 in 16 bits", long_head(125, bits=16) + bytes(125)
    yield "length 125 in 64 bits", long_head(125, bits=64) + bytes(125)
    yield "length 65535 in 64 bits", long_head(65535, bits=64) + bytes(65535)
    yield "length 2^63", long_head(2**63, bits=64)
    yield "length 2^64 - 1", long_head(2**64 - 1, bits=64)
    yield "continuation of nothing", encode_frame(CONTINUATION, b"x")
    yield "unfinished continuation of nothing", encode_frame(CONTINUATION, b"x", fin=False)
    yield "text within a text", BEGUN + encode_frame(TEXT, b"x")
    yield "binary within a text", BEGUN + encode_frame(BINARY, b"x", fin=False)
    yield "an HTTP request", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


VIOLATIONS = dict(violations())
NEVER_HEARD = encode_frame(TEXT, b"came behind the violation")


@pytest.mark.parametrize("data", VIOLATIONS.values(), ids=VIOLATIONS)
def test_a_client_that_breaks_a_rule_gets_1002(server, connect, caplog, data):
    caplog.set_level(logging.INFO, "msgproxy")
    offender, first, second = connect(server), connect(server), connect(server)
    wait_for_clients(server, 3)
    offender.socket.sendall(data + NEVER_HEARD)
    code, reason = offender.receive_close()
    assert code == 1002
    assert reason
    assert offender.is_at_end()
    first.send("still there")
    assert second.receive() == "still there", "it got nothing of what the offender sent"
    [line] = [line for line in caplog.records if not line.getMessage().startswith("joined")]
    assert line.getMessage().startswith("left: 1002 ")
    assert line.levelno == logging.INFO


def test_what_came_before_the_violation_is_still_forwarded(server, connect):
    """A continuation is one, although the frame before it was a continuation too."""
    offender, other = connect(server), connect(server)
    wait_for_clients(server, 2)
    finished = BEGUN + encode_frame(CONTINUATION, b" and ended")
    offender.socket.sendall(finished + encode_frame(CONTINUATION, b"x") + NEVER_HEARD)
    assert other.receive() == "begun and ended"
    assert offender.receive_close()[0] == 1002
    assert offender.is_at_end()


# Too big. The limit is small here, so that it is easy to see what counts.

LIMIT = 1000


@pytest.fixture
def small(start):
    """A server for small messages, with echo."""
    return start(echo=True, limits=Limits(max_message_size=LIMIT, close_timeout=PATIENCE))


FITTING = {
    "binary": encode_frame(BINARY, b"x" * LIMIT),
    "text": encode_frame(TEXT, "é".encode() * (LIMIT // 2)),
    "fragments": encode_frame(BINARY, b"x" * 600, fin=False)
    + encode_frame(CONTINUATION, b"y" * 400),
    "control frames do not count": encode_frame(BINARY, b"x" * LIMIT, fin=False)
    + encode_frame(PONG, b"x" * 125)
    + encode_frame(CONTINUATION),
}


@pytest.mark.parametrize("data", FITTING.values(), ids=FITTING)
def test_a_message_may_be_as_large_as_the_limit(small, connect, data):
    """And so may the next: the count begins anew."""
    client = connect(small)
    for _ in range(3):
        client.socket.sendall(data)
        assert len(client.receive_frame()[2]) == LIMIT


TOO_BIG = {
    "one byte more": encode_frame(BINARY, b"x" * (LIMIT + 1)),
    "text counted in characters would fit": encode_frame(TEXT, "é".encode() * (LIMIT // 2 + 1)),
    "the sum of fragments": encode_frame(BINARY, b"x" * LIMIT, fin=False)
    + encode_frame(CONTINUATION, b"y"),
    "fragments without an end": encode_frame(TEXT, b"x" * LIMIT, fin=False)
    + encode_frame(CONTINUATION, b"y", fin=False),
    "a head that claims 2^62 bytes": long_head(2**62, bits=64) + bytes(LIMIT + 1),
    "much more than the buffers hold": encode_frame(BINARY, bytes(20 << 20)),
}


@pytest.mark.parametrize("data", TOO_BIG.values(), ids=TOO_BIG)
def test_a_client_that_sends_too_large_a_message_gets_1009(small, connect, data):
    offender, other = connect(small), connect(small)
    wait_for_clients(small, 2)
    offender.socket.sendall(data)
    code, reason = offender.receive_close()
    assert code == 1009
    assert str(LIMIT) in reason
    assert offender.is_at_end()
    other.send("still there")
    assert other.receive() == "still there", "it got nothing of what was too large"


# Too many small frames. (With a server: `test_expectations.py`.)


def parse(*frames: bytes) -> list:
    """Feed frames to a parser, one after the other. Return what it makes of the last."""
    parser = FrameParser(1_000_000)
    return [list(parser.feed(frame)) for frame in frames][-1]


@pytest.mark.parametrize("size", [0, 3200])
def test_a_message_may_have_that_many_small_fragments_and_no_more(size):
    """A thousand, and one more for every 32 bytes."""
    first = encode_frame(BINARY, b"x" * size, fin=False)
    more = [encode_frame(CONTINUATION, b"", fin=False)] * (998 + size // 32)
    last = encode_frame(CONTINUATION, b"")
    assert parse(first, *more, last) == [ReceivedMessage(b"x" * size, size)]
    [reason] = parse(first, *more, more[0], last)
    assert reason.code == 1008


@pytest.mark.parametrize("opcode", [PING, PONG])
def test_a_client_may_send_a_thousand_pings_a_second_and_no_more(opcode):
    def check():
        frame = encode_frame(opcode)
        assert not any(isinstance(one, CloseReason) for one in parse(*[frame] * 1000))
        assert [one.code for one in parse(*[frame] * 1001)] == [1008]

    unless_starved(check, 1.0)  # or it takes longer than that second


def test_a_flood_is_told_once():
    """Whatever follows in the same segment means nothing any more."""

    def check():
        told = list(FrameParser(1000).feed(1100 * encode_frame(PING)))
        assert [one.code for one in told if isinstance(one, CloseReason)] == [1008]
        assert len(told) == 1001

    unless_starved(check, 1.0)
