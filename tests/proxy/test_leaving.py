"""After a client has gone, however it went, it leaves nothing behind."""

from __future__ import annotations

import contextlib
import gc
import socket
import threading
import weakref

import pytest
from clients import PATIENCE, PONG, TEXT, encode_frame, wait_for, wait_for_clients

from msgproxy import Limits
from msgproxy.reader import Reader


def _closes(client):
    assert client.close_cleanly(1000)[0] == 1000
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
def test_nothing_of_a_client_is_left_after_it_has_gone(server, connect, leave, caplog):
    """However it went: no thread, no place in the set. (Sockets: `nothing_is_left`.)

    And it is nothing to be warned of.
    """
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
    assert caplog.records == []


def test_the_last_client_that_has_gone_is_forgotten_although_no_other_comes(server, connect):
    client = connect(server)
    wait_for_clients(server, 1)
    connection = weakref.ref(server._broker.joined[0]._connection)
    client.close()
    wait_for(lambda: gc.collect() >= 0 and connection() is None, "nothing to refer to it")


def test_a_client_that_ignores_our_close_frame_is_let_go_all_the_same(start, connect):
    """After its Close it has the close timeout to hang up; then the server does."""
    server = start(limits=Limits(close_timeout=0.3))
    threads = threading.active_count()
    client = connect(server)
    wait_for_clients(server, 1)
    client.send_frame(3)  # against the rules, so the server sends a Close frame
    assert client.receive_close()[0] == 1002
    with contextlib.suppress(OSError):  # the server may have hung up by now
        for _ in range(3):
            client.send_frame(PONG)  # goes on as if nothing had happened
    wait_for(lambda: threading.active_count() == threads, "the end of its threads")


def test_no_thread_of_a_client_outlives_the_server(server, connect, monkeypatch):
    """Not even the writer of a client that has left, which may be late with its very end."""
    go, is_late, end = threading.Event(), threading.Event(), Reader._end

    def end_late(reader):
        end(reader)
        is_late.set()
        assert go.wait(PATIENCE)  # as if other programs had the processor

    monkeypatch.setattr(Reader, "_end", end_late)
    before = set(threading.enumerate())
    connect(server).close()
    wait_for(lambda: is_late.is_set() and server._acceptor._ended.empty())
    closing = threading.Thread(target=server.close)
    closing.start()
    closing.join(0.5)  # whether it waits; if this is too short, nothing is noticed
    is_over, late = not closing.is_alive(), writers() - before
    go.set()
    closing.join(PATIENCE)
    assert not (is_over and late), f"close() has returned, and {late} goes on"


def writers() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name.startswith("writer-")}
