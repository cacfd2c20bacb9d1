"""The sockets and queues that steps 9 to 11 get instead: they note what passes through them.

Rule: as in `instead`. Each is the real thing, and a note more.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from harness import stand_ins

if TYPE_CHECKING:
    from harness.socket_step import Bare

OVER = "over"
"""What ends a broker that has no end of its own."""


class Listener(socket.socket):
    """It accepts connections until Ctrl-C."""

    run: Bare

    def accept(self) -> tuple[socket.socket, Any]:
        taken, address = super().accept()
        if self.run.is_interrupted:
            taken.close()
            raise KeyboardInterrupt
        return taken, address


class Connection:
    """It names its reader, and notes what that receives. Its other base is the step's class."""

    run: Bare

    def __init__(self, sock: socket.socket, ping_interval: float) -> None:
        self.number = self.run.newest = next(self.run.numbers)
        self.name = f"client {self.number}"
        noted = Socket(fileno=sock.detach())
        noted.run, noted.number = self.run, self.number
        super().__init__(noted, ping_interval)  # type: ignore[call-arg]

    def let_in(self) -> bool:
        threading.current_thread().name = f"reader-{self.number}"
        return super().let_in()  # type: ignore[misc, no-any-return]

    def events(self) -> Iterator[Any]:
        self.run.note("receives", whom=self.name)
        for event in super().events():  # type: ignore[misc]
            self.run.note("received", self.run.item(event), self.name)
            yield event


class Socket(socket.socket):
    """A socket that notes who sends, and when a writer is done."""

    run: Bare
    number: int

    def sendall(self, data: bytes, *flags: int) -> None:
        item = "" if data.startswith(b"HTTP") else self.run.item(data)
        self.run.note("sends", item, f"client {self.number}")
        super().sendall(data, *flags)
        self.run.note("sent", item, f"client {self.number}")

    def shutdown(self, how: int) -> None:
        if how == socket.SHUT_WR:
            self.run.outbound[self.number].done()
        super().shutdown(how)


class Queue(stand_ins.Queue):
    """A queue that notes hops. The main thread makes all of them, each after its connection."""

    run: Bare

    def __init__(self, limit: int = 0) -> None:
        super().__init__(limit)
        if self.run.newest:
            self.number = str(self.run.newest)
            self.name = f"outbound-{self.number}"
            self.run.outbound[self.run.newest] = self

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        taken = super().get(block, timeout)
        if OVER in (taken if isinstance(taken, list) else [taken]):
            raise SystemExit  # of this thread
        return taken


class Pongs(list[bytes]):
    """The pongs that a client has got: it notes when."""

    def __init__(self, run: Bare, client: str) -> None:
        super().__init__()
        self._run, self._client = run, client

    def append(self, payload: bytes) -> None:
        self._run.note("hears", "pong", who=self._client)
        super().append(payload)
