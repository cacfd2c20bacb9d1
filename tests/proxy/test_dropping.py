"""Clients that must be dropped, and are: each of them would otherwise keep its threads for ever."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

import pytest
from clients import BINARY, PATIENCE, PING, PONG, encode_frame, wait_for, wait_for_clients
from special_queues import HeldUp, HeldWriters

from msgproxy import Limits
from msgproxy.events import GOING_AWAY
from msgproxy.protocol.frames import close_batch

MIB = 1024 * 1024
SMALL = {"inbound_limit": 1000, "max_message_size": 1000, "outbound_limit": 3000}
"""Limits with which a few messages are too many for a client that takes none."""


@pytest.fixture
def background():
    """Run what a client does meanwhile, until its connection is lost: `background(do)`."""
    threads = []

    def run_until_lost(do):
        def run():
            with contextlib.suppress(OSError, EOFError):
                while True:
                    do()

        threads.append(threading.Thread(target=run))
        threads[-1].start()

    yield run_until_lost
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()


def test_a_client_that_takes_nothing_is_cut_off(start, connect, caplog):
    """Long before its queue is full, and though it is never pinged."""
    server = start(limits=Limits(ping_interval=600, ping_timeout=0.3))
    connect(server, receive_buffer=4096)
    ada = connect(server)
    wait_for_clients(server, 2)
    for _ in range(8):  # more than all buffers on the way hold, but not more than its queue
        ada.send(b"x" * MIB)
    wait_for_clients(server, 1)
    assert "cut off: takes too little of what it is sent" in caplog.text


def test_a_client_that_takes_not_a_byte_more_is_cut_off(start, connect, caplog):
    """The buffers on the way to it are full already. So `send` fails in another way."""
    server = start(limits=Limits(ping_interval=600, ping_timeout=1.0))
    connect(server, receive_buffer=4096)
    wait_for_clients(server, 1)
    [session] = server._broker.joined
    with contextlib.suppress(BlockingIOError):
        while session._connection._socket.send(bytes(1 << 16), socket.MSG_DONTWAIT):
            pass
    ada = connect(server)
    ada.send("one word")
    wait_for(lambda: server._broker.joined and session not in server._broker.joined, "its end")
    assert "cut off: takes too little of what it is sent" in caplog.text


def test_a_client_that_takes_too_little_is_cut_off(start, connect, background):
    """A bit now and then is not enough: the ping timeout is for 256 KiB."""
    server = start(limits=Limits(ping_interval=600, ping_timeout=0.5))
    sipping, ada = connect(server, receive_buffer=4096), connect(server)
    wait_for_clients(server, 2)
    for _ in range(8):
        ada.send(b"x" * MIB)

    def sip():
        time.sleep(0.02)
        if not sipping.socket.recv(1024):
            raise EOFError

    try:
        background(sip)
        wait_for_clients(server, 1)
    finally:
        sipping.socket.shutdown(socket.SHUT_RDWR)


def test_a_client_that_was_cut_off_and_talks_on_is_let_go(start, connect, background):
    """It was told why, and has the close timeout to hang up."""
    queues = HeldWriters()
    server = start(queues=queues, limits=Limits(**SMALL, close_timeout=0.3))
    threads = threading.active_count()
    slow, ada = connect(server), connect(server)
    wait_for_clients(server, 2)
    queues.go.clear()
    for _ in range(6):
        ada.send(b"x" * 1000)
    wait_for_clients(server, 1)
    queues.go.set()
    assert slow.receive_close()[0] == 1013

    def talk_on():
        slow.send_frame(PONG)
        time.sleep(0.01)

    try:
        background(talk_on)
        wait_for(lambda: threading.active_count() <= threads + 3, "the end of its threads")
    finally:
        slow.close()


def test_a_client_that_pings_and_never_reads_is_cut_off(start, connect):
    """Pongs wait on its queue, like all it is sent."""
    queues = HeldWriters()
    server = start(queues=queues, limits=Limits(**SMALL))
    client = connect(server)
    wait_for_clients(server, 1)
    queues.go.clear()
    for _ in range(20):
        client.send_frame(PING, b"x" * 125)
    wait_for_clients(server, 0)
    queues.go.set()
    assert client.receive_close()[0] == 1013


def test_a_client_that_floods_does_not_delay_a_stop(start, connect, background, caplog):
    """Its reader sees the stop, however much there is to read; so nobody has to be cut off."""
    server = start(limits=Limits(close_timeout=PATIENCE, ping_timeout=600))
    flooding = connect(server)
    wait_for_clients(server, 1)
    flood = 2000 * encode_frame(BINARY, b"x" * 100)
    background(lambda: flooding.socket.sendall(flood))
    wait_for(lambda: server.snapshot().clients[0].messages_in > 100, "the flood")
    stop = threading.Thread(target=server.close)
    stop.start()
    assert flooding.receive_close()[0] == 1001
    flooding.close()
    stop.join(PATIENCE)
    assert not stop.is_alive()
    assert "were cut" not in caplog.text


def test_no_socket_is_closed_while_a_reader_may_still_use_it(start, connect, caplog):
    """The writer is through, but the reader waits for the broker: they wait for each other."""
    queues = HeldUp()
    server = start(queues=queues, limits=Limits(**SMALL, close_timeout=0.1))
    threads = threading.active_count()
    client = connect(server)
    wait_for_clients(server, 1)
    [session] = server._broker.joined
    queues.go.clear()
    for _ in range(4):
        client.send(b"x" * 1000)
    wait_for(lambda: server._shared.inbound.not_full._waiters, "its reader to wait for room")
    session.outbound.put(close_batch(GOING_AWAY))
    assert client.receive_close()[0] == 1001
    assert client.is_at_end()
    queues.go.set()
    wait_for(lambda: threading.active_count() == threads, "the end of its threads")
    assert "died" not in caplog.text
