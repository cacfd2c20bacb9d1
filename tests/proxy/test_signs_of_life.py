"""Pings, and what a client must not be taken for."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

from clients import BINARY, PATIENCE, PING, PONG, TEXT, encode_frame, wait_for, wait_for_clients
from metronome import unless_starved

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
    """Nothing for the ping interval: it is pinged. Nothing for the ping timeout: it is gone.

    It has no time to close the connection. It is not there.
    """
    server = start(limits=Limits(ping_interval=0.2, ping_timeout=0.3, close_timeout=600))
    threads, began = threading.active_count(), time.monotonic()
    silent = connect(server)
    assert silent.receive_frame() == (True, PING, b"")
    wait_for_clients(server, 0)
    assert time.monotonic() - began >= 0.5
    assert silent.is_at_end()
    wait_for(lambda: threading.active_count() == threads, "the end of its threads")


def test_any_byte_is_a_sign_of_life(start, connect):
    """A client need not answer pings as long as it sends something else, half a frame even."""
    limits = Limits(ping_interval=0.3, ping_timeout=2.0)
    unless_starved(lambda: _sends_a_byte_for_each_ping(start(limits=limits), connect), 2.0)


def _sends_a_byte_for_each_ping(server, connect):
    client = connect(server)
    for byte in encode_frame(TEXT, b"a very long sentence")[:16]:  # in more than twice the timeout
        assert client.receive_frame() == (True, PING, b"")
        client.socket.sendall(bytes([byte]))
    assert len(server.snapshot().clients) == 1


def test_a_ping_that_waits_behind_other_frames_is_not_held_against_it(start, connect):
    """A client that answers each ping as soon as it gets it is alive, however late that is."""
    timeout = 3.0
    limits = Limits(
        max_message_size=3 * MIB,
        outbound_limit=40 * MIB,
        ping_interval=0.2,
        ping_timeout=timeout,
    )
    unless_starved(lambda: _answers_late(start(limits=limits), connect), timeout)


def _answers_late(server, connect):
    size = 3 * MIB
    slow, ada = connect(server, receive_buffer=4096), connect(server)
    slow.slow_down(bytes_per_second=4 * MIB)
    listening = threading.Thread(target=_answer_pings, args=(ada,))
    listening.start()
    for _ in range(6):
        ada.send(b"b" * size)
    try:
        messages = 0
        while messages < 6:
            _, opcode, payload = slow.receive_frame()
            if opcode == PING:
                slow.send_frame(PONG, payload)
            messages += opcode == BINARY
        assert len(server.snapshot().clients) == 2
    finally:
        with contextlib.suppress(OSError):
            ada.socket.shutdown(socket.SHUT_RDWR)
        listening.join(PATIENCE)


def _answer_pings(client):
    with contextlib.suppress(OSError, EOFError):
        while True:
            _, opcode, payload = client.receive_frame()
            if opcode == PING:
                client.send_frame(PONG, payload)
