"""Servers that are joined by a bridge, and how a test waits for them."""

from __future__ import annotations

import pytest
from clients import wait_for


def bridge_of(server):
    """Return the bridge of a server that has one."""
    [bridge] = server._acceptor._bridges
    return bridge


def wait_until_it_hears(server) -> None:
    """Wait until a server has its place on the stream: from then on it misses nothing."""
    wait_for(lambda: bridge_of(server)._hearing._state == "open", "a server to hear the others")


def lines(caplog, part: str) -> list[str]:
    """Return the lines of the log that have this in them."""
    return [text for record in caplog.records if part in (text := record.getMessage())]


@pytest.fixture
def join(start):
    """Start servers that share a stream, and wait until they hear it: `join(redis, 3)`."""

    def join_some(redis, count: int = 2, **kwargs):
        servers = [start(bridge=redis.url(), **kwargs) for _ in range(count)]
        for server in servers:
            wait_until_it_hears(server)
        return servers

    return join_some
