"""Text is UTF-8: all of it arrives as it was, and other bytes are answered with 1007."""

from __future__ import annotations

import pytest
from clients import BINARY, CONTINUATION, PING, PONG, TEXT, RawClient, encode_frame

VALID = {
    "words": "κόσμε, grüß dich, 你好, שלום",
    "first and last of one byte": "\0\x7f",
    "first and last of two bytes": "\u0080\u07ff",
    "first and last of three bytes": "\u0800\uffff",
    "first and last of four bytes": "\U00010000\U0010ffff",
    "around the surrogates": "\ud7ff\ue000",
    "no characters": "\ufffe\ufdd0\U0001ffff",
    "replacement character": "\ufffd",
    "byte order marks": "\ufeffa\ufeff",
    "combined": "e\u0301 👩\u200d👧\u200d👦 🏳️\u200d🌈",
    "line ends and controls": "a\r\nb\n\x1b[0m\u2028",
}

INVALID = {
    "continuation byte alone": "80",
    "continuation byte behind a character": "c3 a9 a9",
    "start of two bytes, then ASCII": "c3 61",
    "start of three bytes, then ASCII": "e2 82 61",
    "start of four bytes, then ASCII": "f0 9f 98 61",
    "start, then start": "c3 c3 a9",
    "overlong 2: slash": "c0 af",
    "overlong 2: last": "c1 bf",
    "overlong 2: NUL": "c0 80",
    "overlong 3: slash": "e0 80 af",
    "overlong 3: last": "e0 9f bf",
    "overlong 4: slash": "f0 80 80 af",
    "overlong 4: last": "f0 8f bf bf",
    "surrogate, the first": "ed a0 80",
    "surrogate, the last": "ed bf bf",
    "surrogate pair": "ed a0 bd ed b8 80",
    "beyond the last code point": "f4 90 80 80",
    "far beyond": "f7 bf bf bf",
    "five bytes": "f8 88 80 80 80",
    "six bytes": "fc 84 80 80 80 80",
    "fe": "fe",
    "ff": "ff",
    "one bad byte behind good ones": "ce ba cf 8c cf 83 ce bc ce b5 80 61 62",
}

TRUNCATED = {"two bytes": "c3", "three": "e2 82", "four": "f0 9f 98", "behind text": "61 62 e2"}


@pytest.fixture
def client(start, connect) -> RawClient:
    """A client of a server that echoes."""
    return connect(start(echo=True))


def in_two_fragments(payload: bytes, cut: int) -> bytes:
    start = encode_frame(TEXT, payload[:cut], fin=False)
    return start + encode_frame(CONTINUATION, payload[cut:])


def is_refused(client: RawClient) -> bool:
    """Return whether the server answered 1007, with a reason, and hung up."""
    code, reason = client.receive_close()
    return code == 1007 and reason != "" and client.is_at_end()


@pytest.mark.parametrize("text", VALID.values(), ids=VALID)
def test_text_arrives_as_it_was(client, text):
    client.send(text)
    assert client.receive_frame() == (True, TEXT, text.encode())


@pytest.mark.parametrize("text", VALID.values(), ids=VALID)
def test_text_may_be_cut_within_a_character(client, text):
    """Fragments are cut between bytes, wherever that is; only the whole has to be UTF-8."""
    payload = text.encode()
    for cut in range(len(payload) + 1):
        client.socket.sendall(in_two_fragments(payload, cut))
        assert client.receive_frame() == (True, TEXT, payload)


def test_a_ping_may_come_within_a_character(client):
    euro = "€".encode()
    client.send_frame(TEXT, euro[:1], fin=False)
    client.send_frame(PING, euro)
    client.send_frame(CONTINUATION, euro[1:2], fin=False)
    client.send_frame(PING, b"\xff")
    client.send_frame(CONTINUATION, euro[2:])
    assert [client.receive_frame()[1:] for _ in range(3)] == [
        (PONG, euro),
        (PONG, b"\xff"),
        (TEXT, euro),
    ]


@pytest.mark.parametrize("text", [INVALID | TRUNCATED], ids=["all"])
def test_binary_messages_and_pings_may_have_any_bytes(client, text):
    for payload in map(bytes.fromhex, text.values()):
        client.send(payload)
        assert client.receive_frame() == (True, BINARY, payload)
        client.send_frame(PING, payload)
        assert client.receive_frame() == (True, PONG, payload)


@pytest.mark.parametrize("payload", (INVALID | TRUNCATED).values(), ids=INVALID | TRUNCATED)
def test_text_that_is_not_utf_8_is_refused(start, connect, payload):
    """Whole, or in two fragments, wherever they are cut; and others do not notice."""
    data = bytes.fromhex(payload)
    frames = [encode_frame(TEXT, data)]
    frames += [in_two_fragments(data, cut) for cut in range(len(data) + 1)]
    server = start(echo=True)
    for frame in frames:
        client = connect(server)
        client.socket.sendall(frame)
        assert is_refused(client)
    other = connect(server)
    other.send("still there")
    assert other.receive() == "still there"


@pytest.mark.parametrize("payload", INVALID.values(), ids=INVALID)
def test_text_that_cannot_become_utf_8_any_more_is_refused_at_once(client, payload):
    """The message is not complete, and need not be: nothing that follows could mend it."""
    client.send_frame(TEXT, bytes.fromhex(payload), fin=False)
    assert is_refused(client)


def test_text_is_looked_at_while_its_frame_still_arrives(client):
    """The head claims a thousand bytes more than ever come."""
    client.send_frame(TEXT, b"good \xff bad", length=1000)
    assert is_refused(client)


def test_a_new_message_begins_with_a_new_character(client):
    """What one message has too little of, the next one does not bring."""
    client.send_frame(BINARY, b"\xe2\x82")
    assert client.receive() == b"\xe2\x82"
    client.send_frame(TEXT, b"\xac")
    assert is_refused(client)
