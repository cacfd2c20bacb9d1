"""A client that does not keep up delays nobody; one that is too fast is slowed down."""

from __future__ import annotations

import contextlib
import socket
import threading

from clients import BINARY, CLOSE, PATIENCE, encode_frame, wait_for, wait_for_clients
from metronome import unless_starved
from special_queues import HeldUp

from msgproxy import Limits

MIB = 1024 * 1024


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


def test_a_client_that_reads_steadily_has_as_much_time_as_it_needs(start, connect):
    """What waits for it takes longer than the ping timeout; but it takes a bit all the time."""
    size, timeout = 3 * MIB, 2.5
    limits = Limits(max_message_size=size, outbound_limit=24 * MIB, ping_timeout=timeout)
    unless_starved(lambda: _reads_steadily(start(limits=limits), connect, size), timeout)


def _reads_steadily(server, connect, size):
    steady, ada = connect(server, receive_buffer=4096), connect(server)
    messages = [bytes([n]) * size for n in range(3)]
    for message in messages:
        ada.send(message)
    wait_for(lambda: ada_said(server, len(messages)), "the broker to have all of it")
    steady.slow_down(bytes_per_second=2 * MIB)
    assert [steady.receive() == message for message in messages] == [True] * len(messages)


def ada_said(server, count) -> bool:
    return any(client.messages_in == count for client in server.snapshot().clients)


def test_a_fast_sender_is_slowed_down_by_tcp(start, connect):
    """When the broker does not keep up, the inbound queue fills, and the sender has to wait."""
    queues = HeldUp()
    server = start(queues=queues, limits=Limits(inbound_limit=1 * MIB))
    fast, listener = connect(server), connect(server)
    wait_for_clients(server, 2)
    queues.go.clear()
    flood = encode_frame(BINARY, b"f" * MIB) * 200  # more than the buffers on the way hold
    sending = threading.Thread(target=_send_until_hung_up, args=(fast, flood))
    sending.start()
    try:
        wait_for(lambda: server._shared.inbound.not_full._waiters, "its reader to wait for room")
        assert server.snapshot().waiting <= 1 * MIB + Limits().max_message_size + 1024
        assert sending.is_alive()
        queues.go.set()
        assert listener.receive() == b"f" * MIB
    finally:
        fast.socket.shutdown(socket.SHUT_RDWR)
        sending.join(PATIENCE)


def _send_until_hung_up(client, data):
    with contextlib.suppress(OSError):
        client.socket.sendall(data)
