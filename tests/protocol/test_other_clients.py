"""Other people's clients talk to each other through one server, and are none the wiser."""

from __future__ import annotations

import contextlib
import logging

import pytest
import simple_websocket
from clients import PATIENCE, wait_for, wait_for_clients, ws
from library_clients import AsyncioWebsockets, SimpleWebsocket, SyncWebsockets
from websockets.sync.client import connect as connect_sync

from msgproxy import Limits

KINDS = [SimpleWebsocket, SyncWebsockets, AsyncioWebsockets]
each_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def let_in():
    """Connect clients of these kinds: `let_in(server, SimpleWebsocket)`."""
    with contextlib.ExitStack() as stack:

        def connect_one(server, kind):
            client = kind(ws(server.url))
            stack.callback(client.clear_up)
            return client

        yield connect_one


MESSAGES = {
    "text": "hello",
    "empty text": "",
    "unicode": "grüß dich, 你好, 👩\u200d👧\u200d👦 \0 \U0010ffff",
    "binary": bytes(range(256)),
    "empty binary": b"",
    "a megabyte of text": "é" * 500_000,
    "a megabyte of bytes": bytes(range(250)) * 4000,
}


def test_everyone_understands_everyone(server, let_in):
    """Text stays text and binary stays binary, whoever sends it and whoever gets it."""
    clients = [let_in(server, kind) for kind in KINDS]
    wait_for_clients(server, 3)
    for sender in clients:
        for name, message in MESSAGES.items():
            sender.send(message)
            for other in clients:
                if other is not sender:
                    assert other.receive() == message, name


def test_everyone_sees_everything_in_the_same_order(start, let_in):
    """With echo everyone gets all, so that the lists can be compared as they are."""
    server = start(echo=True)
    clients = [let_in(server, kind) for kind in KINDS]
    wait_for_clients(server, 3)
    for number in range(100):
        for client in clients:
            client.send(f"{type(client).__name__} {number}")
    seen = [[client.receive() for _ in range(300)] for client in clients]
    assert seen[0] == seen[1] == seen[2]
    for kind in KINDS:
        own = [message for message in seen[0] if message.startswith(kind.__name__)]
        assert own == [f"{kind.__name__} {number}" for number in range(100)]


@each_kind
@pytest.mark.parametrize(("code", "reason"), [(1000, ""), (1001, "gone"), (4999, "grüß Gott")])
def test_a_client_sends_a_close_frame_and_the_server_understands(
    server, let_in, caplog, kind, code, reason
):
    caplog.set_level(logging.INFO, "msgproxy")
    client = let_in(server, kind)
    wait_for_clients(server, 1)
    client.close(code, reason)
    wait_for(lambda: not server.snapshot().clients, "the client to be gone")
    wait_for(lambda: any("left" in line for line in caplog.messages), "a line in the log")
    [line] = [line for line in caplog.messages if line.startswith("left")]
    assert line.strip() == f"left: {code} {ascii(reason)[1:-1]}".strip()
    if kind is not SimpleWebsocket:  # which does not wait for the answer
        assert client.client.close_code == code


@each_kind
def test_a_server_that_stops_says_1001(server, let_in, kind):
    client = let_in(server, kind)
    wait_for_clients(server, 1)
    server.shutdown()
    assert client.close_reason() == (1001, "the server is stopping")
    server.close()


@each_kind
def test_a_message_that_is_too_large_is_answered_with_1009(start, let_in, kind):
    server = start(limits=Limits(max_message_size=1000))
    client = let_in(server, kind)
    client.send("x" * 1001)
    code, reason = client.close_reason()
    assert code == 1009
    assert "1000" in reason


@each_kind
def test_what_was_sent_before_the_stop_arrives_before_the_close_frame(server, let_in, kind):
    sender, receiver = let_in(server, SyncWebsockets), let_in(server, kind)
    wait_for_clients(server, 2)
    for number in range(100):
        sender.send(str(number))
    sender.client.ping().wait(PATIENCE)  # the answer: the server has read what came before
    server.shutdown()
    assert [receiver.receive() for _ in range(100)] == [str(number) for number in range(100)]
    assert receiver.close_reason()[0] == 1001


def test_pings_of_clients_are_answered(server, let_in):
    """`websockets` waits for a pong with the payload of its own ping."""
    threaded, asynchronous = let_in(server, SyncWebsockets), let_in(server, AsyncioWebsockets)
    for payload in (None, b"", b"x" * 125):
        assert threaded.client.ping(payload).wait(PATIENCE)

        async def ping(payload=payload):
            return await (await asynchronous.client.ping(payload))

        assert asynchronous.run(ping()) >= 0


def test_a_client_that_watches_the_server_by_pings_stays(server, let_in):
    """simple-websocket gives up if there is no pong from one ping to the next."""
    watching = simple_websocket.Client(ws(server.url), ping_interval=1)
    other = let_in(server, SimpleWebsocket)
    wait_for_clients(server, 2)
    before = sent_to_all(server)
    wait_for(lambda: sent_to_all(server) >= before + 2 * len(b"\x8a\x00"), "two pongs")
    other.send("still there")
    assert watching.receive(timeout=PATIENCE) == "still there"
    watching.close()


def sent_to_all(server) -> int:
    return sum(client.bytes_out for client in server.snapshot().clients)


@pytest.mark.parametrize("kind", [SyncWebsockets, AsyncioWebsockets])
def test_compression_is_offered_and_declined(server, let_in, kind):
    """A message is encoded once for everyone, so what it looks like cannot be negotiated."""
    client = let_in(server, kind).client
    assert "permessage-deflate" in client.request.headers["Sec-WebSocket-Extensions"]
    assert "Sec-WebSocket-Extensions" not in client.response.headers
    assert client.protocol.extensions == []


def test_subprotocols_are_offered_and_declined(server):
    with connect_sync(ws(server.url), subprotocols=["chat", "superchat"]) as client:
        assert client.subprotocol is None
