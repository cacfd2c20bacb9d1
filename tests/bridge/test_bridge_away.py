"""Redis comes late, goes, freezes, or refuses, and what instances and their clients notice of it.

Clients of one instance reach each other whatever happens. Those of others receive later; losses
are in `test_bridge_losses.py`.
"""

from __future__ import annotations

import socket
import threading

import pytest
from clients import PATIENCE, wait_for
from joined_servers import (
    bridge_of,
    check_that_locals_talk,
    impatient,
    lines,
    wait_until_it_receives,
)
from redis_server import STREAM, RedisServer


@pytest.mark.extra("Redis")  # which the fixture would start at once
def test_redis_may_come_after_the_instances(pair, connect, caplog):
    """Until then each is alone, and logs that once for each direction."""
    caplog.set_level("INFO")
    with RedisServer() as redis:
        here, there, ada, bob = pair(redis.url(), wait=False)
        check_that_locals_talk(here, connect, ada)
        wait_for(
            lambda: len(lines(caplog, "cannot receive from the other instances")) == 2, "the lines"
        )
        wait_for(
            lambda: len(lines(caplog, "cannot publish to the other instances")) == 1, "the line"
        )
        with socket.create_server(("127.0.0.1", redis.port)) as refusing:
            refusing.settimeout(PATIENCE)
            for _ in range(8):  # both of both try again, and once more
                refusing.accept()[0].close()
        redis.start()
        wait_until_it_receives(there)
        ada.send("there you are")
        while (received := bob.receive()) != "there you are":
            assert received == "only a word"
        assert len(lines(caplog, "cannot receive from the other instances")) == 2
        assert len(lines(caplog, "can publish to the other instances, through")) == 1


def test_redis_goes_and_comes_back_and_nothing_is_lost(redis_server, pair, connect, caplog):
    """What is said meanwhile waits here, and is told in order."""
    redis = redis_server("--appendonly", "yes", "--appendfsync", "always")
    here, _, ada, bob = pair(redis.url())
    ada.send("before")
    assert bob.receive() == "before"
    redis.kill()
    for number in range(100):
        ada.send(f"meanwhile {number}")
    check_that_locals_talk(here, connect, ada)
    wait_for(lambda: lines(caplog, "cannot publish to the other instances"), "a line in the log")
    redis.start()
    assert [bob.receive() for _ in range(100)] == [f"meanwhile {n}" for n in range(100)]
    assert bob.receive() == "only a word"
    assert not lines(caplog, "lost")


@impatient
def test_what_was_carried_out_and_not_answered_counts_once(redis_server, pair):
    """The server freezes with it in its hands, so it is sent again: it is there twice."""
    redis = redis_server()
    here, _, ada, bob = pair(redis.url())
    ada.send("before")
    assert bob.receive() == "before"
    redis.freeze()
    for number in range(10):
        ada.send(f"{number}")
    wait_for(lambda: bridge_of(here)._publishing.is_failing, "the writer to give up on the answer")
    redis.thaw()
    ada.send("after")
    assert [bob.receive() for _ in range(11)] == [*map(str, range(10)), "after"]
    # What was sent first was carried out as well: without numbers, it would have arrived twice.
    entries = [fields for _, fields in redis.ask("XRANGE", STREAM, "-", "+")]
    assert any(entries.count(fields) > 1 for fields in entries)


def test_a_slow_server_makes_things_late_and_nothing_else(redis_server, pair, connect, caplog):
    """It needs a second for each answer, for a while."""
    redis = redis_server()
    here, _, ada, bob = pair(redis.url())
    pause = threading.Thread(target=redis.ask, args=("CLIENT", "PAUSE", "1000", "ALL"))
    pause.start()
    pause.join(timeout=20)
    for number in range(20):
        ada.send(f"{number}")
    check_that_locals_talk(here, connect, ada)
    assert [bob.receive() for _ in range(20)] == [f"{number}" for number in range(20)]
    assert not lines(caplog, "cannot")


def test_a_full_server_refuses_and_takes_all_of_it_in_order_later(
    redis_server, pair, connect, caplog
):
    """Out of memory: receiving goes on; publishing does not, until there is room."""
    redis = redis_server()
    here, _, ada, bob = pair(redis.url())
    redis.ask("CONFIG", "SET", "maxmemory", "1mb")
    for number in range(50):
        ada.send(f"{number}")
    check_that_locals_talk(here, connect, ada)
    wait_for(lambda: lines(caplog, "cannot publish to the other instances"), "a line in the log")
    assert not lines(caplog, "cannot receive from the other instances")
    redis.ask("CONFIG", "SET", "maxmemory", "0")
    assert [bob.receive() for _ in range(50)] == [f"{number}" for number in range(50)]
    assert bob.receive() == "only a word"
    assert len(lines(caplog, "cannot publish to the other instances")) == 1


def test_something_else_under_the_streams_name_is_said(redis_server, start, caplog):
    """Redis refuses to read a string as a stream."""
    redis = redis_server()
    redis.ask("SET", STREAM, "a string")
    server = start(bridge=redis.url())
    wait_for(lambda: lines(caplog, "WRONGTYPE"), "a line in the log")
    redis.ask("DEL", STREAM)
    wait_until_it_receives(server)


def test_a_connection_that_was_cut_costs_nothing(redis_server, pair, caplog):
    """Redis closes idle connections. The next message goes over a new connection."""
    redis = redis_server()
    _, _, ada, bob = pair(redis.url())
    for number in range(5):
        # In both directions: a connection that is cut before it has worked does cost something.
        for one, other in ((ada, bob), (bob, ada)):
            one.send(f"{number}")
            assert other.receive() == f"{number}"
        redis.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    assert not lines(caplog, "cannot")
