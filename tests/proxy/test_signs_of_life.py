"""Pings, and what a client must not be taken for."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

from clients import BINARY, PATIENCE, PING, PONG, TEXT, encode_frame, wait_for_clients

from msgproxy import Limits

MIB = 1024 * 1024


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
    server = start(limits=Limits(ping_interval=0.3, ping_timeout=4.0))
    client = connect(server)
    wait_for_clients(server, 1)
    frame = encode_frame(TEXT, b"a very long sentence")
    for byte in frame[:10]:  # over 6 s, in which it answers no ping
        client.socket.sendall(bytes([byte]))
        time.sleep(0.6)
        assert len(server.snapshot().clients) == 1


def test_a_ping_that_waits_behind_other_frames_is_not_held_against_it(start, connect):
    """A client that answers each ping as soon as it gets it is alive, however late that is."""
    size = 3 * MIB
    limits = Limits(
        max_message_size=size, outbound_limit=40 * MIB, ping_interval=0.2, ping_timeout=3.0
    )
    server = start(limits=limits)
    slow, ada = connect(server, receive_buffer=4096), connect(server)
    slow.slow_down(bytes_per_second=4 * MIB)
    listening = threading.Thread(target=_answer_pings, args=(ada,))
    listening.start()
    for _ in range(6):
        ada.send(b"b" * size)
    messages = 0
    while messages < 6:
        _, opcode, payload = slow.receive_frame()
        if opcode == PING:
            slow.send_frame(PONG, payload)
        messages += opcode == BINARY
    assert len(server.snapshot().clients) == 2
    ada.socket.shutdown(socket.SHUT_RDWR)
    listening.join(PATIENCE)


def _answer_pings(client):
    with contextlib.suppress(OSError, EOFError):
        while True:
            _, opcode, payload = client.receive_frame()
            if opcode == PING:
                client.send_frame(PONG, payload)
