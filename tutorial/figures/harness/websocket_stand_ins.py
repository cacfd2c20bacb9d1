"""The WebSocket and the socket that a step gets instead: they note what passes through them.

Rule: as in `instead`. What the library's hidden thread does, only the socket sees.
"""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any

import simple_websocket

from msgproxy.check.frames import CLOSE, PING, PONG
from msgproxy.tracing.hops import Item

if TYPE_CHECKING:
    from harness.step import Observed

FRAMES = {"ping": PING, "pong": PONG, "Close": CLOSE}
"""The frames that carry no message, and what they are called."""

LAST = 0x80
"""Bit of a frame's first byte that says: it is a whole one, or the last part."""


class WebSocket(simple_websocket.Server):  # type: ignore[misc]
    """It gives its threads their names, and notes what its client's thread receives and sends."""

    run: Observed

    def __init__(self, environ: dict[str, Any], *arguments: Any, **options: Any) -> None:
        self.number = next(self.run.numbers)
        self.name = f"client {self.number}"
        if self.run.role:
            threading.current_thread().name = f"{self.run.role}-{self.number}"
        self.run.note("lets in", f"joined {self.number}", self.name)
        taken = Socket(self.run, environ["werkzeug.socket"], self.number)
        super().__init__(environ | {"werkzeug.socket": taken}, *arguments, **options)

    def _thread(self) -> None:
        threading.current_thread().name = f"hidden-{self.number}"
        super()._thread()

    def receive(self, timeout: float | None = None) -> Any:
        self.run.note("receives", whom=self.name)
        try:
            message = super().receive(timeout)
        except simple_websocket.ConnectionClosed:
            self.run.note("loses", f"left {self.number}", self.name)
            raise
        self.run.note("received", self.run.item(message), self.name)
        return message

    def send(self, data: Any) -> None:
        item = self.run.item(data)
        self.run.note("sends", item, self.name)
        try:
            super().send(data)
        except Exception:
            self.run.note("fails", item, self.name)
            raise
        self.run.note("sent", item, self.name)


class Socket:
    """A socket that notes who hangs up, and which frames the hidden thread reads and writes.

    What the others receive and send, the WebSocket notes.
    """

    def __init__(self, run: Observed, sock: socket.socket, number: int) -> None:
        self._run, self._socket = run, sock
        self._client, self._hidden = f"client {number}", f"hidden-{number}"

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)

    def recv(self, size: int) -> bytes:
        """Receive, and note a ping, a pong or a Close."""
        data = self._socket.recv(size)
        self._note("reads", data)
        return data

    def send(self, data: bytes) -> int:
        """Send. That may last, and may fail."""
        self._note("writes", data)
        try:
            sent = self._socket.send(data)
        except OSError:
            self._note("cannot write", data)
            raise
        self._note("wrote", data)
        return sent

    def shutdown(self, how: int) -> None:
        """End the connection, which wakes whoever waits for it."""
        self._run.note("hangs up", whom=self._client)
        self._socket.shutdown(how)

    def _note(self, act: str, data: bytes) -> None:
        item: Item = next(
            (name for name, op in FRAMES.items() if data[:1] == bytes([LAST | op])), ""
        )
        if item and threading.current_thread().name == self._hidden:
            self._run.note(act, item, self._client)
