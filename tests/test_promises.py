"""The promises of the README, one test each. `test_variants.py` shows that each can fail."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from clients import (
    BINARY,
    CLOSE,
    PATIENCE,
    PING,
    PONG,
    TEXT,
    encode_frame,
    wait_for,
    wait_for_clients,
)

from msgproxy import Limits

MIB = 1024 * 1024

# Who gets a message, and what.


def test_a_message_goes_to_every_other_client_and_not_to_its_sender(server, connect):
    """Every client that had joined gets it, except who sent it."""
    ada, bob, eve = (connect(server) for _ in range(3))
    wait_for_clients(server, 3)
    ada.send("from ada")
    assert [bob.receive(), eve.receive()] == ["from ada"] * 2
    bob.send("from bob")
    # Had ada got her own message, it would have come before this one.
    assert [ada.receive(), eve.receive()] == ["from bob"] * 2


def test_who_comes_later_does_not_get_what_was_said_before(server, connect):
    """There is no history: the broker forwards to those who have joined."""
    ada, bob = connect(server), connect(server)
    wait_for_clients(server, 2)
    ada.send("early")
    assert bob.receive() == "early"
    eve = connect(server)
    wait_for_clients(server, 3)
    ada.send("late")
    assert eve.receive() == "late"


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


def test_boundaries_between_messages_are_kept(server, connect):
    """However many messages wait together, each arrives as one frame of its own."""
    ada, bob = connect(server), connect(server)
    wait_for_clients(server, 2)
    messages = [str(n) * (n % 7) if n % 2 else str(n).encode() for n in range(500)]
    ada.socket.sendall(b"".join(encode_frame(*_opcode_and_payload(m)) for m in messages))
    assert [bob.receive() for _ in messages] == messages


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


# A slow client, and a fast one.


def test_a_client_that_does_not_read_delays_nobody_and_is_cut_off(start, connect):
    """What waits for it reaches the outbound limit; all others get everything meanwhile."""
    server = start(limits=Limits(outbound_limit=6 * MIB, ping_timeout=600))
    deaf = connect(server, receive_buffer=4096)
    ada, bob = connect(server), connect(server)
    wait_for_clients(server, 3)
    message = b"m" * (256 * 1024)
    for _ in range(100):  # 25 MiB: more than its queue and all buffers on the way hold
        ada.send(message)
        assert bob.receive() == message
    wait_for_clients(server, 2)
    assert deaf.socket.fileno() >= 0  # it did nothing; the server let go


def test_a_slow_client_is_told_why_when_it_is_cut_off(start, connect):
    """Where it still reads, it gets what waited for it, in order, and then close code 1013."""
    server = start(limits=Limits(outbound_limit=6 * MIB, ping_timeout=600))
    slow, ada = connect(server, receive_buffer=4096), connect(server)
    wait_for_clients(server, 2)
    sent = 0
    while len(server.snapshot().clients) == 2:
        ada.send(sent.to_bytes(4, "big") * 65536)
        sent += 1
        assert sent < 400, "a client with 100 MiB waiting should have been cut off"
    got = 0
    while True:
        _, opcode, payload = slow.receive_frame()
        if opcode == CLOSE:
            break
        assert payload[:4] == got.to_bytes(4, "big")
        got += 1
    assert payload[:2] == (1013).to_bytes(2, "big")
    assert b"too slow" in payload
    assert 0 < got < sent


def test_a_slow_client_that_keeps_up_loses_nothing(server, connect):
    """As long as it stays within the limit, it gets everything, in order."""
    slow, ada = connect(server, receive_buffer=4096), connect(server)
    wait_for_clients(server, 2)
    for n in range(80):  # 10 MiB wait for it at the most; the limit is 16
        ada.send(n.to_bytes(4, "big") * 32768)
    for n in range(80):
        assert slow.receive()[:4] == n.to_bytes(4, "big")


def test_a_fast_sender_is_slowed_down_by_tcp(start, connect):
    """When the broker does not keep up, the inbound queue fills, and the sender has to wait."""
    from special_queues import HeldUp

    queues = HeldUp()
    server = start(queues=queues, limits=Limits(inbound_limit=1 * MIB))
    fast, listener = connect(server), connect(server)
    wait_for_clients(server, 2)
    queues.go.clear()
    fast.socket.settimeout(1.0)
    with pytest.raises(TimeoutError):  # the window is closed
        fast.socket.sendall(encode_frame(BINARY, b"f" * MIB) * 200)
    assert server.snapshot().waiting <= 1 * MIB + Limits().max_message_size + 1024
    queues.go.set()
    assert listener.receive() == b"f" * MIB


# Pings, large frames, dead peers.


def test_a_pong_never_lands_inside_a_large_frame(start, connect):
    """Only the writer sends. A pong from the reader would tear what the writer is sending."""
    size = 12 * MIB  # far more than the buffers on the way hold, so the writer has to wait
    limits = Limits(max_message_size=size, inbound_limit=MIB, outbound_limit=32 * MIB)
    server = start(limits=limits)
    pinger, ada = connect(server, receive_buffer=4096), connect(server)
    wait_for_clients(server, 2)
    ada.send(b"\xaa" * size)
    pinger.socket.recv(1, socket.MSG_PEEK)  # the large frame is on its way
    for n in range(5):
        pinger.send_frame(PING, b"ping %d" % n)
    frames = [pinger.receive_frame() for _ in range(6)]
    assert frames[0][2] == b"\xaa" * size
    assert [(opcode, payload) for _, opcode, payload in frames[1:]] == [
        (PONG, b"ping %d" % n) for n in range(5)
    ]


def test_a_dead_peer_is_found_by_its_silence(start, connect):
    """Nothing for the ping interval: it is pinged. Nothing for the ping timeout: it is gone."""
    server = start(limits=Limits(ping_interval=0.2, ping_timeout=0.3))
    began = time.monotonic()
    silent = connect(server)
    wait_for_clients(server, 1)
    assert silent.receive_frame() == (True, PING, b"")
    wait_for_clients(server, 0)
    assert time.monotonic() - began >= 0.5
    assert silent.is_at_end()


def test_any_byte_is_a_sign_of_life(start, connect):
    """A client need not answer pings as long as it sends something else, half a frame even."""
    server = start(limits=Limits(ping_interval=0.5, ping_timeout=1.5))
    client = connect(server)
    wait_for_clients(server, 1)
    frame = encode_frame(TEXT, b"a very long sentence")
    for byte in frame[:14]:  # over 4 s
        client.socket.sendall(bytes([byte]))
        time.sleep(0.3)
        assert len(server.snapshot().clients) == 1


# Leaving.


def _closes(client):
    assert client.say_goodbye(1000)[0] == 1000
    client.close()


def _hangs_up(client):
    client.close()


def _hangs_up_one_way(client):
    client.socket.shutdown(socket.SHUT_WR)


def _is_reset(client):
    client.reset()


def _breaks_a_rule(client):
    client.send_frame(3)
    assert client.receive_close()[0] == 1002
    client.close()


def _leaves_within_a_frame(client):
    client.socket.sendall(encode_frame(TEXT, b"unfinished")[:7])
    client.close()


@pytest.mark.parametrize(
    "leave",
    [
        _closes,
        _hangs_up,
        _hangs_up_one_way,
        _is_reset,
        _breaks_a_rule,
        _leaves_within_a_frame,
    ],
    ids=lambda way: way.__name__.strip("_"),
)
def test_nothing_of_a_client_is_left_after_it_has_gone(server, connect, leave):
    """However it went: no thread, no place in the set. (Sockets: `nothing_is_left`.)"""
    threads = threading.active_count()
    ada, bob = connect(server), connect(server)
    wait_for_clients(server, 2)
    leaver = connect(server)
    wait_for_clients(server, 3)
    leave(leaver)
    wait_for_clients(server, 2)
    wait_for(lambda: threading.active_count() == threads + 4, "the end of its two threads")
    ada.send("still here")
    assert bob.receive() == "still here"


def test_a_client_that_ignores_our_goodbye_is_let_go_all_the_same(start, connect):
    """After its Close it has the close timeout to hang up; then the server does."""
    server = start(limits=Limits(close_timeout=0.3))
    threads = threading.active_count()
    client = connect(server)
    wait_for_clients(server, 1)
    client.send_frame(3)  # against the rules, so the server says goodbye
    assert client.receive_close()[0] == 1002
    for _ in range(3):
        client.send_frame(PONG)  # goes on as if nothing had happened
    wait_for(lambda: threading.active_count() == threads, "the end of its threads")
