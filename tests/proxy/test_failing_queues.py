"""Somebody's queue class has a bug: nothing leaks, and the server goes on, or stops in order.

What happens when the threads that take from the queues die of it is in `test_dying_threads.py`.
"""

from __future__ import annotations

import logging
import threading

import pytest
from clients import PATIENCE, wait_for, wait_for_clients
from http_client import ask, open_socket, request

from msgproxy import InboundQueue, Limits, Queues, Server
from msgproxy.events import Stopped


def bug():
    raise ZeroDivisionError("a bug, on purpose")


class NoQueue(Queues):
    """Makes no queue for client 1; or fails when it should wrap it."""

    def __init__(self, where: str) -> None:
        super().__init__()
        self.where = where

    def outbound(self, limits, number):
        return (
            bug() if (self.where, number) == ("outbound", 1) else super().outbound(limits, number)
        )

    def wrap(self, made, name):
        return bug() if (self.where, name) == ("wrap", "outbound-1") else super().wrap(made, name)


@pytest.mark.parametrize("where", ["outbound", "wrap"])
def test_a_client_without_a_queue_is_hung_up_on(start, caplog, where):
    """And does not keep its place. (Its socket: `nothing_is_left`.)"""
    server = start(queues=NoQueue(where), limits=Limits(max_clients=1))
    with open_socket(server.url) as client:
        client.sendall(request(server.url))
        assert client.recv(1) == b""
    [record] = caplog.records
    assert (record.threadName, record.levelname) == ("reader-1", "ERROR")
    assert "a bug, on purpose" in record.getMessage()
    wait_for(lambda: ask(server.url, request(server.url)).status == 101, "room for a client")


def test_a_server_without_an_inbound_queue_leaves_nothing_behind():
    """Neither the listening socket nor the stop signal's. (Python would warn of one.)"""

    class NoInbound(Queues):
        def inbound(self, limits):  # noqa: ARG002
            bug()

    server = Server(port=0, queues=NoInbound())
    with pytest.raises(ZeroDivisionError):
        server.start()
    assert not server.snapshot().running
    server.close()


class NeverStopped(Queues):
    """Makes an inbound queue that does not take `Stopped`, until it is mended."""

    def __init__(self) -> None:
        super().__init__()
        self.is_mended = threading.Event()

    def inbound(self, limits):
        is_mended = self.is_mended

        class NeverStoppedQueue(InboundQueue):
            def _put(self, item):
                if isinstance(item, Stopped) and not is_mended.is_set():
                    bug()
                super()._put(item)

        return NeverStoppedQueue(limits.inbound_limit)


def test_a_stop_goes_on_though_the_broker_cannot_be_told(start, connect, caplog):
    """Its clients are cut off, then. The log says what went wrong, and which thread is left."""
    queues = NeverStopped()
    server = start(queues=queues, limits=Limits(close_timeout=0.1, ping_timeout=600))
    client = connect(server)
    wait_for_clients(server, 1)
    try:
        server.close()
        wait_for(server._acceptor.is_over.is_set, "the end of the accepting thread")
        assert client.is_at_end()
        assert "a bug, on purpose" in caplog.text
        assert "these threads do not end: broker" in caplog.text
        assert server._acceptor.has_failed
    finally:  # a test has to leave nothing behind
        queues.is_mended.set()
        server._shared.inbound.put(Stopped())
        server._stop.close()
        server._acceptor.close()


def test_close_returns_though_the_server_does_not_stop(start, caplog):
    """It waits for some close timeouts, and then says so."""
    go = threading.Event()

    class Stuck(Queues):
        def on_stopping(self):
            assert go.wait(PATIENCE)

    server = start(queues=Stuck(), limits=Limits(close_timeout=0.3))
    closing = threading.Thread(target=server.close)
    closing.start()
    try:
        wait_for(lambda: not closing.is_alive(), "the end of close()")
        assert server.snapshot().running
        assert "the server does not stop" in caplog.text
    finally:
        go.set()
        closing.join(PATIENCE)


@pytest.mark.parametrize("level", [logging.INFO, logging.DEBUG])
def test_a_bug_shows_its_traceback_at_log_level_debug_only(start, caplog, level):
    """Otherwise it is one line."""

    class FailsAtTheStop(Queues):
        def on_stopping(self):
            bug()

    caplog.set_level(level, "msgproxy")
    start(queues=FailsAtTheStop()).close()
    [record] = [one for one in caplog.records if one.levelname == "ERROR"]
    assert bool(record.exc_info) == (level == logging.DEBUG)
