"""Clients of other libraries, all with the same few methods.

`simple-websocket` uses threads, and the same library as the server for its frames; `websockets`
shares nothing with the server, and has a client for threads and one for asyncio.
"""

from __future__ import annotations

import asyncio
import contextlib

import pytest
import simple_websocket
import websockets
from clients import PATIENCE
from websockets.asyncio.client import connect as connect_asyncio
from websockets.sync.client import connect as connect_sync


class SimpleWebsocket:
    """The client of the library simple-websocket."""

    def __init__(self, url: str) -> None:
        self.client = simple_websocket.Client(url)

    def send(self, message: str | bytes) -> None:
        self.client.send(message)

    def receive(self) -> str | bytes | None:
        return self.client.receive(timeout=PATIENCE)

    def close(self, code: int, reason: str) -> None:
        self.client.close(code, reason)

    def clear_up(self) -> None:
        with contextlib.suppress(simple_websocket.ConnectionClosed):
            self.client.close()

    def close_reason(self) -> tuple[int, str]:
        """Wait for the server's Close frame, and return its code and reason."""
        with pytest.raises(simple_websocket.ConnectionClosed) as closed:
            self.receive()
        return int(closed.value.reason), closed.value.message


class SyncWebsockets:
    """The client for threads of the library websockets."""

    def __init__(self, url: str) -> None:
        self.connecting = connect_sync(url)
        self.client = self.connecting.__enter__()

    def send(self, message: str | bytes) -> None:
        self.client.send(message)

    def receive(self) -> str | bytes:
        return self.client.recv(timeout=PATIENCE)

    def close(self, code: int, reason: str) -> None:
        self.client.close(code, reason)

    def clear_up(self) -> None:
        self.connecting.__exit__(None, None, None)

    def close_reason(self) -> tuple[int, str]:
        with pytest.raises(websockets.ConnectionClosed):
            self.receive()
        return self.client.close_code, self.client.close_reason


class AsyncioWebsockets:
    """The client for asyncio of the library websockets; its loop runs only while one waits."""

    def __init__(self, url: str) -> None:
        self.runner = asyncio.Runner()
        self.connecting = connect_asyncio(url)
        self.client = self.run(self.connecting.__aenter__())

    def run(self, coroutine):
        return self.runner.run(asyncio.wait_for(coroutine, PATIENCE))

    def send(self, message: str | bytes) -> None:
        self.run(self.client.send(message))

    def receive(self) -> str | bytes:
        return self.run(self.client.recv())

    def close(self, code: int, reason: str) -> None:
        self.run(self.client.close(code, reason))

    def clear_up(self) -> None:
        self.run(self.connecting.__aexit__(None, None, None))
        self.runner.close()

    def close_reason(self) -> tuple[int, str]:
        with pytest.raises(websockets.ConnectionClosed):
            self.receive()
        return self.client.close_code, self.client.close_reason
