"""What users expected of a server, and did not get: each case was a fault once."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import subprocess
import sys
import threading

import pytest
from clients import (
    CONTINUATION,
    PATIENCE,
    PING,
    PONG,
    TEXT,
    encode_frame,
    wait_for,
    wait_for_clients,
)
from http_client import open_socket
from metronome import unless_starved

from msgproxy import CannotListen, Limits, Queues, Server

MIB = 1024 * 1024


def test_a_client_that_reads_slowly_but_steadily_is_alive(start, connect):
    """A ping waits for what the system has accepted before it. That has to be little."""
    limits = Limits(ping_interval=0.5, ping_timeout=3, outbound_limit=24 * MIB)
    unless_starved(lambda: _reads_slowly_but_steadily(start(limits=limits), connect), 3)


def _reads_slowly_but_steadily(server, connect):
    steady, ada = connect(server), connect(server)
    wait_for_clients(server, 2)
    for _ in range(4):
        ada.send(b"b" * MIB)
    steady.slow_down(bytes_per_second=512 * 1024)  # 8 s for all of it
    messages = 0
    while messages < 4:
        _, opcode, payload = steady.receive_frame()
        if opcode == PING:
            steady.send_frame(PONG, payload)
        else:
            messages += 1


@pytest.mark.parametrize(
    "flood",
    [
        encode_frame(TEXT, b"", fin=False) + 40_000 * encode_frame(CONTINUATION, b"", fin=False),
        40_000 * encode_frame(PONG, b""),
    ],
    ids=["empty fragments", "pongs"],
)
def test_a_client_that_floods_without_saying_anything_is_stopped(server, connect, flood):
    """Back-pressure counts messages, and of these frames none comes."""
    client = connect(server)
    flooding = threading.Thread(target=_send_all, args=(client, flood))
    flooding.start()
    code, _ = client.receive_close()
    flooding.join(PATIENCE)
    assert code == 1008


def _send_all(client, data) -> None:
    with contextlib.suppress(OSError):  # that is the point
        client.socket.sendall(data)


def test_fragments_of_an_ordinary_size_may_be_many(server, connect):
    """A message of 256 KiB in frames of 64 bytes."""
    ada, bob = connect(server), connect(server)
    wait_for_clients(server, 2)
    frames = [encode_frame(TEXT, b"x" * 64, fin=False)]
    frames += 4095 * [encode_frame(CONTINUATION, b"x" * 64, fin=False)]
    ada.socket.sendall(b"".join(frames) + encode_frame(CONTINUATION, b""))
    assert bob.receive() == "x" * 4096 * 64


class FailsAtTheStop(Queues):
    def on_stopping(self):
        raise ZeroDivisionError("a bug, on purpose")


def test_a_stop_goes_on_though_a_queue_class_raises(start, connect, caplog):
    """Clients get their Close frame, and the log says what was wrong."""
    server = start(queues=FailsAtTheStop())
    client = connect(server)
    wait_for_clients(server, 1)
    server.close()
    assert client.receive_close()[0] == 1001
    assert "a bug, on purpose" in caplog.text
    assert server._acceptor.has_failed


def test_close_from_a_thread_of_the_server_is_an_error_at_once(start, connect):
    """It would wait for itself, as `join` of the current thread does."""
    raised = []

    class ClosesItself(Queues):
        def on_stopping(self):
            try:
                server.close()
            except RuntimeError as error:
                raised.append(str(error))

    server = start(queues=ClosesItself())
    connect(server)
    server.close()
    assert raised == ["a server's own thread cannot wait for its end; use shutdown()"]


def test_a_shutdown_while_the_server_starts_is_not_forgotten():
    """A signal may come at any moment."""

    class EarlySignal(Queues):
        def inbound(self, limits):
            server.shutdown()
            return super().inbound(limits)

    server = Server(port=0, queues=EarlySignal())
    server.start()
    wait_for(lambda: not server.snapshot().running, "the end")
    server.close()


def test_a_server_that_was_closed_cannot_be_entered():
    """Neither before its start nor after its end; it would seem to serve."""
    server = Server(port=0)
    server.close()
    with pytest.raises(CannotListen), server:
        pass
    with Server(port=0) as other:
        pass
    with pytest.raises(CannotListen), other:
        pass


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_child_that_exits_leaves_the_server_alone(tmp_path):
    """Its `with` ends, too; but the server is that of the parent."""
    program = tmp_path / "forks.py"
    program.write_text(
        "import os, sys, time\n"
        "from msgproxy import Server\n"
        "from simple_websocket import Client\n"
        "with Server(port=0) as server:\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        sys.exit()\n"
        "    assert os.waitpid(child, 0)[1] == 0\n"
        "    client = Client(server.url.replace('http', 'ws'))\n"
        "    print('still serving:', server.snapshot().running)\n"
        "    client.close()\n"
    )
    command = [sys.executable, "-W", "ignore", str(program)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("still serving: True\n", "")


FORKS_AND_CLOSES = """
import os
from msgproxy import Server
server = Server(port=0).start()
port = int(server.url.rstrip("/").rpartition(":")[2])
from_child, to_parent = os.pipe()
from_parent, to_child = os.pipe()
if os.fork() == 0:
    server.close()
    os.write(to_parent, b"closed")
    os.close(to_child)
    os.read(from_parent, 1)
    os._exit(0)
os.read(from_child, 6)
print("still serving:", server.snapshot().running)
server.close()
with Server(port=port):
    print("its port was free")
os.close(to_child)
os.wait()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_child_that_closes_the_server_lets_go_of_its_port():
    """And does nothing else: the parent may serve on, stop, and listen there again."""
    command = [sys.executable, "-W", "ignore", "-c", FORKS_AND_CLOSES]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("still serving: True\nits port was free\n", "")


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="no IPv6 on this system")
def test_all_addresses_in_ipv6_are_those_of_ipv4_too():
    """As of other servers: `--host ::`."""
    server = Server(host="::", port=0).start()
    try:
        port = int(server.url.rstrip("/").rpartition(":")[2])
        for address in ("127.0.0.1", "::1"):
            socket.create_connection((address, port), timeout=PATIENCE).close()
    finally:
        server.close()


def test_a_client_that_does_not_take_the_page_does_not_delay_a_stop(start, monkeypatch, caplog):
    """Its reader waits to send, and the stop wakes it: nobody has to be cut off."""
    caplog.set_level(logging.INFO, "msgproxy")
    monkeypatch.setattr("msgproxy.web.page.PAGE", bytes(64 * MIB))  # more than all buffers hold
    server = start(limits=Limits(close_timeout=8))
    with open_socket(server.url) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        client.recv(1)
        server.close()
    assert "were cut" not in caplog.text
    assert "in the handshake" in caplog.text


def test_a_client_that_does_not_take_the_page_is_hung_up_on(start, monkeypatch, caplog):
    """It has some seconds, and the log says that it was lost."""
    caplog.set_level(logging.INFO, "msgproxy")
    monkeypatch.setattr("msgproxy.admission.SEND_TIMEOUT", 0.2)
    monkeypatch.setattr("msgproxy.web.page.PAGE", bytes(64 * MIB))
    server = start()
    with open_socket(server.url) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_for(lambda: "in the handshake" in caplog.text, "the end of its time")
