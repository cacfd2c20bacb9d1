"""A viewer of `/trace`, and a server that can be watched. A test module imports the fixtures."""

from __future__ import annotations

import json
import time

import pytest
from clients import PATIENCE, RawClient
from http_client import request

from msgproxy.tracing.viewers import LiveRecording


class Viewer(RawClient):
    """A raw client that asks for the trace, and collects what it is told."""

    def __init__(self, server, target="/trace", **kwargs) -> None:
        self.target = target
        self.hops, self.counts, self.lost = [], [], 0
        super().__init__(server.url, **kwargs)

    def handshake(self, url, early=b"") -> None:
        self.socket.sendall(request(url, target=self.target) + early)
        while b"\r\n\r\n" not in self.buffer:
            self.buffer += self._some()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 "), head

    def look(self) -> dict:
        """Wait for one message."""
        news = json.loads(self.receive())
        self.hops += news.get("hops", [])
        self.lost += news.get("lost", 0)
        self.counts += [news] if "clients" in news else []
        return news

    def look_until(self, condition) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"not seen: {self.hops[-20:]}"
            self.look()

    def steps(self, item: str) -> list[tuple]:
        """Return what happened to a message: (thread, act, queue)."""
        return [(hop[2], hop[3], hop[4]) for hop in self.hops if item in hop[5]]


@pytest.fixture(name="trace")
def a_trace():
    return LiveRecording()


@pytest.fixture(name="server")
def watched(start, trace):
    return start(queues=trace)


@pytest.fixture(name="watch")
def watching():
    """Open viewers: `watch(server)`. They vanish at the end of the test."""
    viewers = []

    def watch_one(server, target="/trace", **kwargs) -> Viewer:
        viewers.append(Viewer(server, target, **kwargs))
        return viewers[-1]

    yield watch_one
    for viewer in viewers:
        viewer.close()
