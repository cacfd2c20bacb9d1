"""Who gets a message, what they get, and in which order."""

from __future__ import annotations

import threading

import pytest
from clients import BINARY, PATIENCE, TEXT, RawClient, encode_frame, wait_for, wait_for_clients
from special_queues import HeldUp

MIB = 1024 * 1024


def test_a_message_goes_to_every_other_client_and_not_to_its_sender(server, connect):
    """Every client that had joined gets it, except who sent it."""
    ada, bob, eve = (connect(server) for _ in range(3))
    wait_for_clients(server, 3)
    ada.send("from ada")
    assert [bob.receive(), eve.receive()] == ["from ada"] * 2
    bob.send("from bob")
    # Had ada got her own message, it would have come before this one.
    assert [ada.receive(), eve.receive()] == ["from bob"] * 2


def test_a_client_that_joins_later_does_not_get_what_was_said_before(server, connect):
    """There is no history: the broker forwards to those who have joined."""
    ada, bob = connect(server), connect(server)
    wait_for_clients(server, 2)
    ada.send("early")
    assert bob.receive() == "early"
    eve = connect(server)
    wait_for_clients(server, 3)
    ada.send("late")
    assert eve.receive() == "late"


def test_a_client_that_has_been_welcomed_misses_nothing_that_is_said_from_then_on(server, connect):
    """The answer to the handshake is sent by the writer, and behind `Joined`: no need to wait."""
    ada = connect(server)
    for n in range(200):
        with RawClient(server.url) as newcomer:
            ada.send(f"welcome, {n}")
            assert newcomer.receive() == f"welcome, {n}"


def test_with_echo_the_sender_gets_its_message_too(start, connect):
    """With --echo one client alone has the original echo service."""
    server = start(echo=True)
    ada = connect(server)
    wait_for_clients(server, 1)
    ada.send("hello?")
    assert ada.receive() == "hello?"


@pytest.mark.parametrize(
    "message",
    [
        "text",
        b"binary",
        "",
        b"",
        "ünïcödé \N{SNOWMAN} \N{PILE OF POO} \0",
        bytes(range(256)),
        "x" * MIB,
    ],
    ids=["text", "binary", "no text", "no bytes", "unicode", "all bytes", "a mebibyte"],
)
def test_a_message_arrives_as_it_was_sent(server, connect, message):
    """Text stays text, binary stays binary, and the bytes stay the same."""
    ada, bob = connect(server), connect(server)
    wait_for_clients(server, 2)
    ada.send(message)
    assert bob.receive() == message


def test_boundaries_between_messages_are_kept(start, connect):
    """However many messages wait together, each arrives as one frame of its own."""
    queues = HeldUp()
    server = start(queues=queues)
    ada, bob = connect(server), connect(server)
    wait_for_clients(server, 2)
    queues.go.clear()
    messages = [str(n) * (n % 7) if n % 2 else str(n).encode() for n in range(500)]
    ada.socket.sendall(b"".join(encode_frame(*_opcode_and_payload(m)) for m in messages))
    wait_for(lambda: server.snapshot().clients[0].messages_in == 500, "all to wait")
    queues.go.set()
    for message in messages:
        assert bob.receive() == message


def _opcode_and_payload(message):
    return (TEXT, message.encode()) if isinstance(message, str) else (BINARY, message)


# In which order.


def test_all_clients_see_messages_in_one_order(server, connect):
    """Four talk at once; two who listen see the same order, and each sender's own is kept."""
    talkers = [connect(server) for _ in range(4)]
    listeners = [connect(server) for _ in range(2)]
    wait_for_clients(server, 6)
    count = 200

    def talk(number):
        for n in range(count):
            talkers[number].send(f"{number}:{n}")

    threads = [threading.Thread(target=talk, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    heard = [[listener.receive() for _ in range(4 * count)] for listener in listeners]
    heard_by_talker = [talkers[0].receive() for _ in range(3 * count)]
    for thread in threads:
        thread.join(PATIENCE)
    assert heard[0] == heard[1]
    assert heard_by_talker == [message for message in heard[0] if message[0] != "0"]
    for number in "0123":
        own = [message for message in heard[0] if message[0] == number]
        assert own == [f"{number}:{n}" for n in range(count)]
