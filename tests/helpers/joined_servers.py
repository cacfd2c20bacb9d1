"""Servers that are joined by a bridge, and how a test waits for them."""

from __future__ import annotations

import pytest
from clients import wait_for, wait_for_clients


def bridge_of(server):
    """Return the bridge of a server that has one."""
    return server._acceptor._bridge


def wait_until_it_receives(server) -> None:
    """Wait until a server has its place on the stream: from then on it misses nothing."""
    wait_for(lambda: bridge_of(server)._receiving.is_open, "a server to receive from the others")


def lines(caplog, part: str) -> list[str]:
    """Return the lines of the log that have this in them."""
    return [text for record in caplog.records if part in (text := record.getMessage())]


@pytest.fixture
def join(start):
    """Start servers that share a stream, and wait until they read it: `join(redis, 3)`."""

    def join_some(redis, count: int = 2, **kwargs):
        servers = [start(bridge=redis.url(), **kwargs) for _ in range(count)]
        for server in servers:
            wait_until_it_receives(server)
        return servers

    return join_some


@pytest.fixture
def pair(start, connect):
    """Start two instances with a client each, or more: `pair(redis)`."""

    def start_pair(url, wait=True, **kwargs):
        servers = [start(bridge=url, **kwargs) for _ in range(2)]
        clients = [connect(server) for server in servers]
        for server in servers:
            wait_for_clients(server, 2)
            if wait:
                wait_until_it_receives(server)
        return *servers, *clients

    return start_pair


def check_that_locals_talk(server, connect, ada):
    """Check that a client of the same instance receives what one sends."""
    count = len(server.snapshot().clients)
    with connect(server) as eve:
        wait_for_clients(server, count + 1)
        ada.send("only a word")
        while eve.receive() != "only a word":
            pass  # what ada has sent before, and the broker had not handled yet
    wait_for_clients(server, count)


@pytest.fixture
def impatience(monkeypatch):
    """Let a server count as away that has not answered for half a second."""
    monkeypatch.setattr("msgproxy.bridge.stream.ANSWER_TIMEOUT", 0.5)
    monkeypatch.setattr("msgproxy.bridge.stream.BLOCK", 0.2)
    monkeypatch.setattr("msgproxy.bridge.bridge.BLOCK", 0.2)


impatient = pytest.mark.usefixtures("impatience")
