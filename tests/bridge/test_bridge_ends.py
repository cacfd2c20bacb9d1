"""How a bridge ends: in a stop, once all is told or counted, or because a thread of it dies."""

from __future__ import annotations

import time

import pytest
from clients import wait_for
from joined_servers import bridge_of, check_that_locals_talk, impatient, lines

from msgproxy import Limits

LONG = 20
"""Seconds to wait for an answer: twice as long as a stop may take on a busy machine."""


@impatient
@pytest.mark.parametrize("state", ["gone", "frozen"])
def test_a_stop_does_not_wait_for_a_server_that_is_away(state, redis_server, pair, caplog):
    """However long it takes to answer. What was not published is counted."""
    redis = redis_server()
    here, _, ada, bob = pair(redis.url(), limits=Limits(close_timeout=60))
    ada.send("before")
    assert bob.receive() == "before"
    redis.kill() if state == "gone" else redis.freeze()
    ada.send("nobody will receive this")
    wait_for(lambda: bridge_of(here)._publishing.is_failing, "the writer to notice")
    wait_for(lambda: bridge_of(here)._receiving.is_failing, "the reader to notice")
    connections = [line._connection for line in (bridge_of(here)._sink, bridge_of(here)._source)]
    for connection in connections:  # from the next try on they wait for an answer for long
        connection.socket_timeout = LONG
    if state == "frozen":
        wait_for(lambda: all(map(waits_for_long, connections)), "both to wait for an answer")
    ada.close()
    began = time.monotonic()
    here.close()
    assert time.monotonic() - began < LONG / 2
    assert lines(caplog, "1 messages have not reached the other instances")


def waits_for_long(connection) -> bool:
    return connection._sock is not None and connection._sock.gettimeout() == LONG


def test_a_stop_tells_first_what_was_said(redis_server, pair):
    """Readers, broker, writers: the bridge's writer ends after the last message."""
    redis = redis_server()
    here, _, ada, bob = pair(redis.url(), limits=Limits(close_timeout=20))
    for number in range(500):
        ada.send(f"{number}")
    wait_for(lambda: ada_said(here) == 500, "the reader to have taken all of it")
    ada.close()
    here.close()
    assert [int(bob.receive()) for _ in range(500)] == list(range(500))


def test_a_stop_tells_over_a_new_connection_if_it_must(redis_server, pair):
    """The old one has been cut, for being idle, and nobody has noticed so far."""
    redis = redis_server()
    here, _, ada, bob = pair(redis.url(), limits=Limits(close_timeout=20))
    ada.send("before")
    assert bob.receive() == "before"
    redis.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    ada.send("the last word")
    wait_for(lambda: ada_said(here) == 2, "the reader to have taken it")
    ada.close()
    here.close()
    assert bob.receive() == "the last word"


def ada_said(server) -> int:
    return sum(client.messages_in for client in server.snapshot().clients if client.number)


def test_a_server_that_freezes_in_a_stop_is_given_the_close_timeout(redis_server, pair, caplog):
    """As a client is that does not read."""
    redis = redis_server()
    here, _, ada, bob = pair(redis.url(), limits=Limits(close_timeout=0.5))
    ada.send("before")
    assert bob.receive() == "before"
    redis.freeze()
    ada.send("too late")
    wait_for(lambda: ada_said(here) == 2, "the reader to have taken it")
    began = time.monotonic()
    here.close()
    assert time.monotonic() - began < 15
    assert not lines(caplog, "do not end")
    assert lines(caplog, "1 messages have not reached the other instances")


@pytest.mark.parametrize("which", ["_receive", "_publish_all"])
def test_a_thread_of_the_bridge_that_dies_ends_the_bridge_only(
    which, redis_server, start, connect, caplog, monkeypatch
):
    """It is logged with its name, the broker forgets the bridge, and the clients go on."""

    def fail(_):
        raise ZeroDivisionError("a bug, on purpose")

    monkeypatch.setattr(f"msgproxy.bridge.bridge.Bridge.{which}", fail)
    server = start(bridge=redis_server().url())
    ada = connect(server)
    wait_for(lambda: [c.number for c in server.snapshot().clients] == [1], "the bridge to go")
    [record] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.threadName == ("reader-0" if which == "_receive" else "writer-0")
    check_that_locals_talk(server, connect, ada)
