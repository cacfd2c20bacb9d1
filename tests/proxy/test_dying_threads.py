"""A thread that dies of a bug is never silent, and takes nobody else with it."""

from __future__ import annotations

import pytest
from clients import wait_for, wait_for_clients
from special_queues import Counting, Failing, HeldUp

from msgproxy import Limits, ServerFailed
from msgproxy.events import Received


def errors(caplog):
    """Return what was logged as an error; wait until there is something."""
    wait_for(lambda: any(r.levelname == "ERROR" for r in caplog.records), "an error in the log")
    return [record for record in caplog.records if record.levelname == "ERROR"]


def check_that_others_go_on(server, connect, survivor):
    """Let a newcomer hear what the one client says that is left."""
    newcomer = connect(server)
    wait_for_clients(server, 2)
    survivor.send("still here")
    assert newcomer.receive() == "still here"


def test_a_broker_that_dies_stops_the_server_and_says_so(start, connect, caplog):
    """Never silently: it is logged with the thread's name, and clients are told 1011."""
    queues = Failing("inbound")
    server = start(queues=queues, limits=Limits(close_timeout=1))
    ada, bob = connect(server), connect(server)
    wait_for_clients(server, 2)
    queues.armed.set()
    ada.send("the last straw")
    assert bob.receive_close()[0] == 1011
    with pytest.raises(ServerFailed):
        server.serve_forever()
    [record] = errors(caplog)
    assert record.threadName == "broker"
    assert "a bug, on purpose" in record.getMessage()


def test_a_client_that_joins_while_the_broker_dies_is_told_too(start, connect):
    """Also a client whose joining is after the bug in what the broker had taken at once."""
    queues = HeldUp()
    server = start(queues=queues, limits=Limits(close_timeout=1))
    ada = connect(server)
    wait_for_clients(server, 1)
    queues.go.clear()
    ada.send("the broker is held up with this")
    wait_for(queues.is_waiting.is_set, "the broker to take it")
    [session] = server._broker.joined
    server._shared.inbound.put(Received(session, 42, 64, 1))  # a message that cannot be encoded
    newcomers = [connect(server) for _ in range(3)]
    wait_for(lambda: server.snapshot().waiting >= 4 * 64, "all of them to wait for the broker")
    queues.go.set()
    assert [client.receive_close()[0] for client in [ada, *newcomers]] == [1011] * 4


def test_a_writer_that_dies_ends_its_session_only(start, connect, caplog):
    """It is logged with the thread's name; the others go on."""
    queues = Failing("outbound")
    server = start(queues=queues)
    ada, bob = connect(server), connect(server)
    wait_for_clients(server, 2)
    queues.armed.set()
    ada.send("for bob's writer, which takes it and dies")
    assert bob.is_at_end()
    wait_for_clients(server, 1)
    [record] = errors(caplog)
    assert record.threadName.startswith("writer-")
    check_that_others_go_on(server, connect, ada)


def test_a_reader_that_dies_ends_its_session_only(start, connect, caplog):
    """Its client is told 1011, behind what waited for it; the others go on."""

    class ReaderKiller(Counting):
        def inbound(self, limits):
            inbound = super().inbound(limits)
            put = inbound._put

            def put_or_fail(item):
                if isinstance(item, Received) and item.message == "poison":
                    raise ZeroDivisionError("a bug, on purpose")
                put(item)

            inbound._put = put_or_fail
            return inbound

    server = start(queues=ReaderKiller())
    ada, bob = connect(server), connect(server)
    wait_for_clients(server, 2)
    ada.send("poison")
    assert ada.receive_close()[0] == 1011
    wait_for_clients(server, 1)
    [record] = errors(caplog)
    assert record.threadName.startswith("reader-")
    check_that_others_go_on(server, connect, bob)


def test_an_accepting_thread_that_dies_stops_the_server_and_says_so(server, connect, caplog):
    """Its clients are told that the server stops, and `serve_forever` fails."""
    client, other = connect(server), connect(server)
    wait_for_clients(server, 2)
    server._listening.close()  # what a bug might do: there is nothing to wait for any more
    other.close()  # this wakes it
    assert client.receive_close()[0] == 1001
    client.close()
    with pytest.raises(ServerFailed):
        server.serve_forever()
    [record] = errors(caplog)
    assert record.threadName == "accept"
