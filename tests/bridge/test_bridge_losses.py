"""What a stream or a queue no longer has when an instance comes back, and how it is told so."""

from __future__ import annotations

from clients import wait_for, wait_for_clients
from joined_servers import (
    bridge_of,
    check_that_locals_talk,
    impatient,
    lines,
    wait_until_it_receives,
)
from redis_server import STREAM

from msgproxy import Limits, Queues
from msgproxy.bridge.backlog import DropOldestQueue

KIB = 1024

ROOM = 256 * KIB


class LittleRoom(Queues):
    """A small queue for the bridge, but none for clients: they would be cut off in a burst."""

    def wrap(self, made, name):
        return super().wrap(DropOldestQueue(ROOM) if name == "outbound-0" else made, name)


def test_a_server_that_lost_its_data_is_read_from_its_new_beginning(redis_server, pair, caplog):
    """The ids were ahead of the clock, so after the loss they are smaller than before."""
    redis = redis_server()
    redis.ask("XADD", STREAM, "99999999999999-0", "an", "id far ahead of the clock")
    here, there, ada, bob = pair(redis.url())
    ada.send("before")
    assert bob.receive() == "before"
    assert bridge_of(there)._cursor.id.startswith(b"99999999999999-")
    redis.kill()
    redis.start()
    ada.send("after")
    assert bob.receive() == "after"
    assert lines(caplog, "the stream has begun anew")
    bob.send("and back")
    assert ada.receive() == "and back"
    assert bridge_of(here)._cursor.id < b"9999"


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
def test_an_instance_that_was_away_for_longer_than_the_stream_says_how_many_are_lost(
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
    wait_for(lambda: bridge_of(there)._receiving.is_failing, "the reader to be away")
    for number in range(60):
        ada.send(number.to_bytes(4, "big") * 16 * KIB)
    wait_for(lambda: bridge_of(here).snapshot().messages_out == 61, "all of it to be told")
    entries = redis.ask("XRANGE", STREAM, "-", "+")
    kept = sum(len(fields) // 2 - 3 for _, fields in entries)  # three fields are not messages
    assert kept < 60
    source._connection.port = port
    received = [int.from_bytes(bob.receive()[:4], "big") for _ in range(kept)]
    assert received == list(range(60 - kept, 60))
    lost = f"{60 - kept} messages of other instances are lost"
    wait_for(lambda: lines(caplog, lost), "a line in the log")


@impatient
def test_losses_of_an_instance_that_has_never_spoken_are_counted_too(
    redis_server, pair, start, connect, caplog
):
    """It started while another one was away. Its first entries went before they were read."""
    redis = redis_server()
    _, there, ada, bob = pair(redis.url(length=5))
    source = bridge_of(there)._source
    port, source._connection.port = source._connection.port, 1
    source.interrupt()
    wait_for(lambda: bridge_of(there)._receiving.is_failing, "the reader to be away")
    newcomer = start(bridge=redis.url(length=5))
    wait_until_it_receives(newcomer)
    cleo = connect(newcomer)
    wait_for_clients(newcomer, 2)
    for number in range(60):
        cleo.send(number.to_bytes(4, "big") * 16 * KIB)
        assert ada.receive()
    kept = sum(len(fields) // 2 - 3 for _, fields in redis.ask("XRANGE", STREAM, "-", "+"))
    assert kept < 60
    source._connection.port = port
    received = [int.from_bytes(bob.receive()[:4], "big") for _ in range(kept)]
    assert received == list(range(60 - kept, 60))
    lost = f"{60 - kept} messages of other instances are lost"
    wait_for(lambda: lines(caplog, lost), "a line in the log")
    assert len(lines(caplog, "are lost")) == 1  # the third was there all the time


def test_a_queue_that_is_full_does_not_count_what_came_over_the_bridge(redis_server, pair, caplog):
    """With --echo, the broker returns to the bridge what others have said: nothing to publish."""
    redis = redis_server()
    limits = Limits(max_message_size=64 * KIB, inbound_limit=64 * KIB)
    here, _, ada, bob = pair(redis.url(), limits=limits, queues=LittleRoom(), echo=True)
    sink = bridge_of(here)._sink
    port, sink._connection.port = sink._connection.port, 1
    sink.interrupt()
    ada.send("mine")
    assert ada.receive() == "mine"
    wait_for(lambda: bridge_of(here)._publishing.is_failing, "the writer to be away")
    for number in range(64):  # 1 MiB, four times the queue
        bob.send(number.to_bytes(4, "big") * 4 * KIB)
        assert bob.receive() == ada.receive()
    sink._connection.port = port
    assert bob.receive() == "mine"  # the writer had it in hand
    ada.send("after")
    assert bob.receive() == "after"
    assert not lines(caplog, "dropped")
    assert not lines(caplog, "lost")


def test_a_queue_that_is_full_drops_the_oldest_and_says_how_many(
    redis_server, pair, connect, caplog
):
    """The bridge is not cut off: when Redis is back, it goes on with the newest."""
    redis = redis_server("--appendonly", "yes", "--appendfsync", "always")
    limits = Limits(max_message_size=64 * KIB, inbound_limit=64 * KIB)  # so batches are small
    here, _, ada, bob = pair(redis.url(), limits=limits, queues=LittleRoom())
    ada.send(b"before")
    assert bob.receive() == b"before"
    redis.kill()
    for number in range(64):  # 1 MiB
        ada.send(number.to_bytes(4, "big") * 4 * KIB)
        assert bridge_of(here).snapshot().waiting <= ROOM
    check_that_locals_talk(here, connect, ada)
    wait_for_clients(here, 2)
    redis.start()
    received = []
    while (message := bob.receive()) != "only a word":
        received.append(int.from_bytes(message[:4], "big"))
    assert received == sorted(set(received))
    assert received[-1] == 63
    lost = 64 - len(received)
    assert lost > 0
    assert lines(caplog, f"dropped {lost} messages")
    wait_for(lambda: lines(caplog, f"{lost} messages of other"), "a line in the log")
