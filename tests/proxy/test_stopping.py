"""How a server stops: in which order, within which time, and what is left of it."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import defaultdict

import pytest
from clients import (
    CLOSE,
    PATIENCE,
    TEXT,
    RawClient,
    address_of,
    count_readers,
    wait_for,
    wait_for_clients,
)
from metronome import unless_starved
from special_queues import Counting, HeldReaders, HeldUp

from msgproxy import CannotListen, Limits, Server
from msgproxy.concurrency.threads import ServerThread
from msgproxy.events import Received

MIB = 1024 * 1024


def test_every_client_is_told_that_the_server_stops(server, connect):
    """Close code 1001, going away (RFC 6455 section 7.4.1)."""
    clients = [connect(server) for _ in range(5)]
    wait_for_clients(server, 5)
    server.shutdown()
    assert [client.receive_close()[0] for client in clients] == [1001] * 5
    assert server.snapshot().clients == ()


def test_what_a_reader_has_taken_is_forwarded_before_the_close_frame(start, connect):
    """The stop goes the way of the messages: listener, readers, broker, writers."""
    queues = Counting()
    server = start(queues=queues, limits=Limits(close_timeout=PATIENCE))
    ada, bob = connect(server), connect(server)
    wait_for_clients(server, 2)
    talking = threading.Thread(target=_talk_until_hung_up, args=(ada,))
    talking.start()
    wait_for(lambda: len(queues.taken) > 500, "some messages")
    server.shutdown()
    heard = []
    while (frame := bob.receive_frame())[1] != CLOSE:
        heard.append(frame[2])
    for client in (ada, bob):
        client.socket.shutdown(socket.SHUT_RDWR)
    server.close()
    talking.join(PATIENCE)
    assert heard == [e.message.encode() for e in queues.taken if isinstance(e, Received)]


def test_what_a_reader_still_holds_reaches_clients_whose_readers_have_ended(start, connect):
    """In a stop, readers end one by one. No client leaves before the last of them has ended."""
    queues = HeldReaders()
    server = start(queues=queues, limits=Limits(close_timeout=PATIENCE))
    ada, bob = connect(server), connect(server)
    wait_for_clients(server, 2)
    queues.go.clear()
    ada.send("the last word")
    wait_for(queues.is_waiting.is_set, "her reader to receive it")
    server.shutdown()
    wait_for(lambda: count_readers() == 1, "the end of his reader")
    queues.go.set()
    assert bob.receive_frame() == (True, TEXT, b"the last word")
    assert bob.receive_close()[0] == 1001


def _talk_until_hung_up(client):
    for n in range(1_000_000):
        try:
            client.send(str(n))
        except OSError:
            break


def test_readers_that_wait_for_the_broker_lose_nothing_in_a_stop(start, connect):
    """The inbound queue is full and the readers wait at it, when the stop comes."""
    queues = HeldUp()
    server = start(queues=queues, limits=Limits(inbound_limit=MIB, close_timeout=20))
    talkers = [connect(server) for _ in range(4)]
    bob = connect(server)
    wait_for_clients(server, 5)
    queues.go.clear()
    for client in talkers:
        client.send(b"x" * (MIB // 2))
        client.send(b"y" * (MIB // 2))
    wait_for(lambda: server.snapshot().waiting > MIB, "a full inbound queue")
    taken = sum(client.messages_in for client in server.snapshot().clients)
    server.shutdown()
    queues.go.set()
    heard = 0
    while bob.receive_frame()[1] != CLOSE:
        heard += 1
    assert heard >= taken


def test_writers_get_their_time_when_the_broker_is_done(start, connect):
    """A broker that is busy for longer than the close timeout costs nobody its Close frame."""
    unless_starved(lambda: _stops_with_a_busy_broker(start, connect, 2.0), 2.0)


def _stops_with_a_busy_broker(start, connect, timeout):
    queues = HeldUp()
    server = start(queues=queues, limits=Limits(close_timeout=timeout, ping_timeout=600))
    ada, bob = connect(server), connect(server)
    wait_for_clients(server, 2)
    queues.go.clear()
    ada.send("the broker is held up with this")
    wait_for(lambda: server.snapshot().clients[0].messages_in == 1, "its reader")
    server.shutdown()
    bob.socket.settimeout(1.2 * timeout)
    with pytest.raises(TimeoutError):  # if it was cut off meanwhile, there is an end to read
        bob.receive()
    queues.go.set()
    bob.socket.settimeout(PATIENCE)
    assert bob.receive_close()[0] == 1001


def test_a_stop_in_the_middle_of_a_handshake_leaves_nothing(server):
    """A client that has not joined yet is simply hung up on."""
    with socket.create_connection(address_of(server.url), timeout=20) as client:
        client.sendall(b"GET / HTTP/1.1\r\n")
        server.close()
        with contextlib.suppress(ConnectionResetError):
            assert client.recv(1) == b""


def test_clients_that_join_during_the_stop_are_told_so_or_hung_up_on(start, connect):
    """Whatever a newcomer meets, it is an end, and no thread waits for it."""
    for _ in range(20):
        server = start(limits=Limits(close_timeout=20))
        stop = threading.Thread(target=server.close)
        stop.start()
        for _ in range(10):
            try:
                client = connect(server)
            except (OSError, EOFError):
                continue  # not accepted
            assert client.receive_close()[0] == 1001
            client.close()
        stop.join(timeout=20)
        assert not stop.is_alive()


def test_the_stop_does_not_wait_for_a_client_that_does_not_read(start, connect, caplog):
    """Deaf clients are cut off after the close timeout; the others get their Close frame."""
    server = start(limits=Limits(close_timeout=1.0, ping_timeout=60))
    deaf = [connect(server, receive_buffer=4096) for _ in range(3)]
    ada, bob = connect(server), connect(server)
    wait_for_clients(server, 5)
    for _ in range(12):  # for each of the deaf, more than the buffers on the way hold
        ada.send(b"d" * MIB)
        assert bob.receive() == b"d" * MIB
    began = time.monotonic()
    server.close()
    # Twice the close timeout is what it may take, the rest is for a busy machine. Without the
    # deadline it would take the ping timeout.
    assert time.monotonic() - began < 30
    assert "do not end" not in caplog.text
    assert bob.receive_close()[0] == 1001
    assert all(client.socket.fileno() > 0 for client in deaf)


def test_close_may_be_called_twice_and_by_several_threads(server):
    """The second call finds nothing to do, or waits for the same end."""
    threads = [threading.Thread(target=server.close) for _ in range(5)]
    for thread in threads:
        thread.start()
    server.close()
    server.close()
    for thread in threads:
        thread.join(timeout=20)
        assert not thread.is_alive()
    assert not server.snapshot().running


def test_a_server_that_was_never_started_can_be_closed():
    """So that `finally: server.close()` is always right."""
    server = Server(port=0)
    server.shutdown()
    server.close()
    assert server.snapshot().clients == ()


def test_a_server_runs_once(server):
    """Its threads have ended; a second start says so."""
    with pytest.raises(CannotListen, match="run already"):
        server.start()


def test_serve_forever_ends_when_another_thread_asks_for_it():
    """`shutdown` returns at once, and `serve_forever` when all is over."""
    server = Server(port=0)
    timer = threading.Timer(0.2, server.shutdown)
    timer.start()
    server.serve_forever()
    timer.join(timeout=20)
    assert not server.snapshot().running


def test_a_port_in_use_is_said_in_one_line(server):
    """And nothing is left of the attempt."""
    port = address_of(server.url)[1]
    with pytest.raises(CannotListen, match=f"port {port} on 127.0.0.1 is in use"):
        Server(port=port).start()


PROGRAM = """
from msgproxy import Server

server = Server(port=0).start()
print(server.url, flush=True)
try:
    server.serve_forever()
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def test_ctrl_c_stops_the_server_of_a_program_in_order():
    """Its clients are told, though the program does nothing about signals."""
    command = [sys.executable, "-X", "dev", "-c", PROGRAM]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as program:
        try:
            with RawClient(program.stdout.readline().strip()) as client:
                client.send("hello")
                program.send_signal(signal.SIGINT)
                assert client.receive_close()[0] == 1001
            assert program.communicate(timeout=PATIENCE) == ("interrupted\n", "")
        finally:
            program.kill()


def test_no_two_threads_of_the_server_join_the_same_one(server, connect, monkeypatch):
    """Before Python 3.13, both may fail if they do it at the same time."""
    callers: dict[str, set[str]] = defaultdict(set)
    join = ServerThread.join

    def join_and_note(self, timeout=None):
        callers[self.name].add(threading.current_thread().name)
        join(self, timeout)

    monkeypatch.setattr(ServerThread, "join", join_and_note)
    for client in [connect(server) for _ in range(3)]:
        client.close()
    connect(server)
    gone = [f"{kind}-{number}" for kind in ("reader", "writer") for number in (1, 2, 3)]
    wait_for(lambda: all(name in callers for name in gone), "all that have gone to be joined")
    server.close()
    assert set(callers) >= {*gone, "accept"}  # (the broker, only if it was not faster)
    assert {name for name, threads in callers.items() if len(threads) > 1} == set()


def test_several_threads_may_close_a_server(start):
    """All of them return when it has stopped."""
    server = start()
    closing = [threading.Thread(target=server.close) for _ in range(8)]
    for thread in closing:
        thread.start()
    for thread in closing:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in closing)
