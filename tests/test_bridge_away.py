"""What happens to Redis, and what the instances and their clients notice of it.

Clients of one instance hear each other whatever it is. Those of others hear later, or it is said
how much is lost.
"""

from __future__ import annotations

import socket
import threading
import time

import pytest
from bridged import bridge_of, lines, wait_until_it_hears
from clients import wait_for, wait_for_clients
from redis_server import STREAM, RedisServer

from msgproxy import Limits

KIB, MIB = 1024, 1024 * 1024

SMALL = Limits(max_message_size=64 * KIB, inbound_limit=64 * KIB, outbound_limit=256 * KIB)


impatient = pytest.mark.usefixtures("impatience")


@pytest.fixture
def impatience(monkeypatch):
    """Take a server for away that has not answered for half a second."""
    monkeypatch.setattr("msgproxy.bridge.streams.ANSWER_TIMEOUT", 0.5)
    monkeypatch.setattr("msgproxy.bridge.streams.BLOCK", 0.2)
    monkeypatch.setattr("msgproxy.bridge.bridge.BLOCK", 0.2)


@pytest.fixture
def pair(start, connect):
    """Start two instances with a client each, or more: `pair(redis)`."""

    def start_pair(url, wait=True, **kwargs):
        servers = [start(bridge=url, **kwargs) for _ in range(2)]
        clients = [connect(server) for server in servers]
        for server in servers:
            wait_for_clients(server, 2)
            if wait:
                wait_until_it_hears(server)
        return *servers, *clients

    return start_pair


def check_that_locals_talk(server, connect, ada):
    """Let a client of the same instance hear what one says."""
    count = len(server.snapshot().clients)
    with connect(server) as eve:
        wait_for_clients(server, count + 1)
        ada.send("only a word")
        while eve.receive() != "only a word":
            pass  # what ada has said before, and the server had not taken up yet
    wait_for_clients(server, count)


def test_redis_may_come_after_the_instances(pair, connect, caplog):
    """Until then each is alone, and says so once for hearing and once for telling."""
    caplog.set_level("INFO")
    with RedisServer() as redis:
        here, there, ada, bob = pair(redis.url(), wait=False)
        check_that_locals_talk(here, connect, ada)
        wait_for(lambda: len(lines(caplog, "cannot hear the other instances")) == 2, "the lines")
        wait_for(lambda: len(lines(caplog, "cannot tell the other instances")) == 1, "the line")
        time.sleep(0.5)  # in which they try again
        redis.start()
        wait_until_it_hears(there)
        ada.send("there you are")
        while (heard := bob.receive()) != "there you are":
            assert heard == "only a word"
        assert len(lines(caplog, "cannot hear the other instances")) == 2
        assert len(lines(caplog, "can tell the other instances, through")) == 1


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
    wait_for(lambda: lines(caplog, "cannot tell the other instances"), "a line in the log")
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
    wait_for(lambda: bridge_of(here)._telling.is_lost, "the writer to give up on the answer")
    redis.thaw()
    ada.send("after")
    assert [bob.receive() for _ in range(11)] == [*map(str, range(10)), "after"]
    # What was sent first was carried out as well: without numbers, it would have been heard twice.
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


def test_a_password_is_used_and_never_shown(redis_server, pair, caplog):
    """Not in the log, in no `repr`, and not in a snapshot."""
    caplog.set_level("DEBUG")
    redis = redis_server("--requirepass", "s3cret-word")
    here, there, ada, bob = pair(redis.url(password="s3cret-word"))
    ada.send("open sesame")
    assert bob.receive() == "open sesame"
    redis.kill()
    ada.send("for the log")
    wait_for(lambda: lines(caplog, "cannot tell"), "a line in the log")
    shown = [repr(vars(bridge_of(here))), repr(there.snapshot()), *lines(caplog, "")]
    assert "127.0.0.1" in repr(shown)
    assert "s3cret" not in repr(shown)


def test_a_refused_password_is_said_once_and_the_right_one_is_taken_later(
    redis_server, pair, connect, caplog
):
    """The server is told another password while they try."""
    redis = redis_server("--requirepass", "of-old")
    here, there, ada, bob = pair(redis.url(password="s3cret-word"), wait=False)
    check_that_locals_talk(here, connect, ada)
    wait_for(lambda: len(lines(caplog, "cannot hear the other instances")) == 2, "two lines")
    wait_for(lambda: len(lines(caplog, "cannot tell the other instances")) == 1, "one line")
    assert lines(caplog, "invalid username-password pair")
    assert "s3cret" not in repr(lines(caplog, ""))
    redis.ask("CONFIG", "SET", "requirepass", "s3cret-word", password="of-old")
    wait_until_it_hears(there)
    ada.send("at last")
    while (heard := bob.receive()) != "at last":
        assert heard == "only a word"
    assert len(lines(caplog, "cannot hear the other instances")) == 2


def test_a_server_that_quotes_what_it_does_not_know_shows_no_password(start, caplog):
    """Something else listens there, and answers with what it was sent."""
    with socket.create_server(("127.0.0.1", 0)) as parrot:
        parrot.settimeout(20)
        port = parrot.getsockname()[1]
        start(bridge=f"redis://:s3cret-word@127.0.0.1:{port}/0?stream=talk")
        connection, _ = parrot.accept()
        with connection:
            said = b""
            while b"s3cret" not in said:
                said += connection.recv(4096)
            connection.sendall(b"-ERR unknown command, beginning with 's3cret-word'\r\n")
            wait_for(lambda: lines(caplog, "unknown command"), "a line in the log")
    assert "s3cret" not in repr(lines(caplog, ""))


def test_a_full_server_refuses_and_takes_all_of_it_in_order_later(
    redis_server, pair, connect, caplog
):
    """Out of memory: hearing goes on, telling does not, until there is room."""
    redis = redis_server()
    here, _, ada, bob = pair(redis.url())
    redis.ask("CONFIG", "SET", "maxmemory", "1mb")
    for number in range(50):
        ada.send(f"{number}")
    check_that_locals_talk(here, connect, ada)
    wait_for(lambda: lines(caplog, "cannot tell the other instances"), "a line in the log")
    assert not lines(caplog, "cannot hear the other instances")
    redis.ask("CONFIG", "SET", "maxmemory", "0")
    assert [bob.receive() for _ in range(50)] == [f"{number}" for number in range(50)]
    assert bob.receive() == "only a word"
    assert len(lines(caplog, "cannot tell the other instances")) == 1


def test_something_else_under_the_streams_name_is_said(redis_server, start, caplog):
    """Redis refuses to read a string as a stream."""
    redis = redis_server()
    redis.ask("SET", STREAM, "a string")
    server = start(bridge=redis.url())
    wait_for(lambda: lines(caplog, "WRONGTYPE"), "a line in the log")
    redis.ask("DEL", STREAM)
    wait_until_it_hears(server)


def test_a_server_that_lost_its_data_is_read_from_its_new_beginning(redis_server, pair, caplog):
    """The ids were ahead of the clock, so after the loss they are smaller than before."""
    redis = redis_server()
    redis.ask("XADD", STREAM, "99999999999999-0", "an", "id far ahead of the clock")
    here, there, ada, bob = pair(redis.url())
    ada.send("before")
    assert bob.receive() == "before"
    assert bridge_of(there)._place.id.startswith(b"99999999999999-")
    redis.kill()
    redis.start()
    ada.send("after")
    assert bob.receive() == "after"
    assert lines(caplog, "the stream has begun anew")
    bob.send("and back")
    assert ada.receive() == "and back"
    assert bridge_of(here)._place.id < b"9999"


@impatient
def test_a_stream_that_is_deleted_is_noticed_without_a_break(redis_server, pair, caplog):
    """Somebody empties the server while it runs; the connections hold."""
    redis = redis_server()
    redis.ask("XADD", STREAM, "99999999999999-0", "an", "id far ahead of the clock")
    _, _, ada, bob = pair(redis.url())
    redis.ask("FLUSHALL")
    ada.send("hello?")
    assert bob.receive() == "hello?"
    assert lines(caplog, "the stream has begun anew")


@impatient
def test_who_was_away_for_longer_than_the_stream_is_told_how_many_are_lost(
    redis_server, pair, caplog
):
    """It goes on with what the stream has kept."""
    redis = redis_server()
    here, there, ada, bob = pair(redis.url(length=5))
    ada.send(b"before")
    assert bob.receive() == b"before"
    # Only one side of one instance is away: its reader finds nobody where it connects.
    source = bridge_of(there)._source
    port, source._connection.port = source._connection.port, 1
    source.interrupt()
    wait_for(lambda: bridge_of(there)._hearing.is_lost, "the reader to be away")
    for number in range(60):
        ada.send(number.to_bytes(4, "big") * 16 * KIB)
    wait_for(lambda: bridge_of(here).snapshot().messages_out == 61, "all of it to be told")
    entries = redis.ask("XRANGE", STREAM, "-", "+")
    kept = sum(len(fields) // 2 - 2 for _, fields in entries)  # two fields are not messages
    assert kept < 60
    source._connection.port = port
    heard = [int.from_bytes(bob.receive()[:4], "big") for _ in range(kept)]
    assert heard == list(range(60 - kept, 60))
    lost = f"{60 - kept} messages of other instances are lost"
    wait_for(lambda: lines(caplog, lost), "a line in the log")


def test_a_queue_that_is_full_forgets_the_oldest_and_says_how_many(
    redis_server, pair, connect, caplog
):
    """The bridge is not cut off: when Redis is back, it goes on with the newest."""
    redis = redis_server("--appendonly", "yes", "--appendfsync", "always")
    here, _, ada, bob = pair(redis.url(), limits=SMALL)
    ada.send(b"before")
    assert bob.receive() == b"before"
    redis.kill()
    for number in range(64):  # 1 MiB
        ada.send(number.to_bytes(4, "big") * 4 * KIB)
        assert bridge_of(here).snapshot().waiting <= SMALL.outbound_limit
    check_that_locals_talk(here, connect, ada)
    wait_for_clients(here, 2)
    redis.start()
    heard = []
    while (message := bob.receive()) != "only a word":
        heard.append(int.from_bytes(message[:4], "big"))
    assert heard == sorted(set(heard))
    assert heard[-1] == 63
    lost = 64 - len(heard)
    assert lost > 0
    assert lines(caplog, f"forgot {lost} messages")
    wait_for(lambda: lines(caplog, f"{lost} messages of other"), "a line in the log")


def test_a_connection_that_was_cut_costs_nothing(redis_server, pair, caplog):
    """Redis hangs up on who is idle. The next message goes over a new connection."""
    redis = redis_server()
    _, _, ada, bob = pair(redis.url())
    for number in range(5):
        ada.send(f"{number}")
        assert bob.receive() == f"{number}"
        redis.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    assert not lines(caplog, "cannot")


@impatient
@pytest.mark.parametrize("state", ["gone", "frozen"])
def test_a_stop_does_not_wait_for_a_server_that_is_away(state, redis_server, pair, caplog):
    """However long it may take to answer, and to say goodbye. What was not told is counted."""
    redis = redis_server()
    here, _, ada, bob = pair(redis.url(), limits=Limits(close_timeout=60))
    ada.send("before")
    assert bob.receive() == "before"
    redis.kill() if state == "gone" else redis.freeze()
    ada.send("nobody will hear this")
    wait_for(lambda: bridge_of(here)._telling.is_lost, "the writer to notice")
    wait_for(lambda: bridge_of(here)._hearing.is_lost, "the reader to notice")
    connections = [line._connection for line in (bridge_of(here)._sink, bridge_of(here)._source)]
    for connection in connections:  # from the next try on they wait for an answer for long
        connection.socket_timeout = 60
    if state == "frozen":
        wait_for(lambda: all(map(waits_for_long, connections)), "both to wait for an answer")
    ada.close()
    began = time.monotonic()
    here.close()
    assert time.monotonic() - began < 30
    assert lines(caplog, "1 messages have not reached the other instances")


def waits_for_long(connection) -> bool:
    return connection._sock is not None and connection._sock.gettimeout() == 60


def test_a_stop_tells_first_what_was_said(redis_server, pair):
    """Readers, broker, writers: the bridge's writer ends behind the last message."""
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


@pytest.mark.parametrize("which", ["_hear", "_tell_all"])
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
    assert record.threadName == ("reader-0" if which == "_hear" else "writer-0")
    check_that_locals_talk(server, connect, ada)
