"""Steps 9 to 12, which have no library between them and the socket: Ctrl-C ends them.

Rule: as for the other steps. Each stand-in is the real thing that also notes what passes through.
"""

from __future__ import annotations

import contextlib
import queue
import socket
import sys
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, Self

from wsproto.events import CloseConnection, Message, Ping, Pong

from harness import stand_ins
from harness.notes import LONGEST, PADDING, Notebook
from harness.step import PATIENCE, RunningStep
from msgproxy.check.frames import CLOSE, PING, PONG
from msgproxy.tracing.hops import Item

CONTROL = {PING: "ping", PONG: "pong", CLOSE: "close"}
"""What frames are called that carry no message."""

END = "end"
"""Item that ends the broker of step 9, which has no end of its own."""


class SocketNotebook(Notebook):
    """The notebook of a step that handles frames itself."""

    def __init__(self, role: str) -> None:
        super().__init__(role)
        self.outbound: dict[int, Queue] = {}
        self.newest = 0
        """The number of the client that was accepted last."""
        self.is_interrupted = False

    def item(self, said: Any) -> Item:
        """Name what a thread has in hand: one of the step's events, wsproto's event, a frame."""
        kind = type(said).__name__.lower()
        match said:
            case bytes():
                return self._frame(said)
            case Message():
                return super().item(said.data)
            case Ping() | Pong():
                return kind
            case CloseConnection():
                return "close"
            case str():
                return END if said is END else super().item(said)
        if hasattr(said, "message"):
            return self.item(said.message)
        return f"{kind} {said.session.connection.number}" if hasattr(said, "session") else kind

    def _frame(self, data: bytes) -> Item:
        """Name a frame, or the first of several."""
        if opcode := CONTROL.get(data[0] & 0x0F):
            return opcode
        head = {126: 4, 127: 10}.get(data[1], 2)
        size = min(LONGEST, data[1])  # 126 and 127 mean that it is longer
        return self.said[data[head : head + size].decode().rstrip(PADDING)]


class Listener(socket.socket):
    """Accepts connections until Ctrl-C."""

    notebook: SocketNotebook

    def accept(self) -> tuple[socket.socket, Any]:
        taken, address = super().accept()
        if self.notebook.is_interrupted:
            taken.close()
            raise KeyboardInterrupt
        return taken, address


class Connection:
    """Names its reader, and notes what that receives. Its other base is the step's class."""

    notebook: SocketNotebook

    def __init__(self, sock: socket.socket, ping_interval: float) -> None:
        self.number = self.notebook.newest = next(self.notebook.numbers)
        self.name = f"client {self.number}"
        noted = Socket(fileno=sock.detach())
        noted.notebook, noted.number = self.notebook, self.number
        super().__init__(noted, ping_interval)  # type: ignore[call-arg]

    def handshake(self, *arguments: Any) -> bool:
        threading.current_thread().name = f"reader-{self.number}"
        return super().handshake(*arguments)  # type: ignore[misc, no-any-return]

    def events(self) -> Iterator[Any]:
        self.notebook.note("receives", whom=self.name)
        for event in super().events():  # type: ignore[misc]
            self.notebook.note("received", self.notebook.item(event), self.name)
            yield event


class Socket(socket.socket):
    """Notes which thread sends, and when a writer has finished."""

    notebook: SocketNotebook
    number: int

    def sendall(self, data: bytes, *flags: int) -> None:
        item = "" if data.startswith(b"HTTP") else self.notebook.item(data)
        self.notebook.note("sends", item, f"client {self.number}")
        super().sendall(data, *flags)
        self.notebook.note("sent", item, f"client {self.number}")

    def shutdown(self, how: int) -> None:
        if how == socket.SHUT_WR:
            self.notebook.outbound[self.number].done()
        super().shutdown(how)


class Queue(stand_ins.Queue):
    """Notes hops. The main thread makes all outbound queues, each after its connection."""

    notebook: SocketNotebook

    def __init__(self, limit: int = 0) -> None:
        super().__init__(limit)
        if self.notebook.newest:
            self.number = str(self.notebook.newest)
            self.name = f"outbound-{self.number}"
            self.notebook.outbound[self.notebook.newest] = self

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        taken = super().get(block, timeout)
        if END in (taken if isinstance(taken, list) else [taken]):
            raise SystemExit  # ends this thread
        return taken


class NotedPongs(list[bytes]):
    """The pongs that a client has received: notes when each one came."""

    def __init__(self, notebook: Notebook, client: str) -> None:
        super().__init__()
        self._notebook, self._client = notebook, client

    def append(self, payload: bytes) -> None:
        self._notebook.note("hears", "pong", who=self._client)
        super().append(payload)


class RunningSocketStep(RunningStep):
    """A step on plain sockets that runs, with its clients, until Ctrl-C or the end of `with`."""

    notes: SocketNotebook

    def __init__(self, step: str) -> None:
        """Prepare `step`. Its modules are beside it."""
        sys.path.insert(0, str(stand_ins.STEPS))
        try:
            super().__init__(step, role="reader")
        finally:
            sys.path.remove(str(stand_ins.STEPS))

    def _replace(self, role: str) -> SocketNotebook:
        """Replace what the step takes from elsewhere. Its queues keep their classes."""
        notebook, names = SocketNotebook(role), self.names
        kinds = {
            name: kind for name in ("BatchQueue", "OutboundQueue") if (kind := names.get(name))
        }
        for name, kind in {"Queue": queue.Queue, **kinds}.items():
            kinds[name] = type(name, (Queue, kind), {"notebook": notebook})
        names.update(kinds)
        names["queue"] = SimpleNamespace(Queue=kinds["Queue"], Full=queue.Full)
        names["inbound"] = kinds.get("BatchQueue", kinds["Queue"])(names["LIMIT"])
        bases = (Connection, names["Connection"])
        names["Connection"] = type("Connection", bases, {"notebook": notebook})
        names["socket"] = SimpleNamespace(create_server=self._listen, SHUT_WR=socket.SHUT_WR)
        return notebook

    def _listen(self, address: tuple[str, int]) -> Listener:
        listener = Listener(fileno=socket.create_server(address).detach())
        listener.notebook = self.notes
        self._address = listener.getsockname()
        return listener

    def __enter__(self) -> Self:
        self._before = set(threading.enumerate())
        return super().__enter__()

    def _run_main(self) -> None:
        threading.current_thread().name = "main"
        with contextlib.suppress(KeyboardInterrupt):
            self.names["main"]()
        self.notes.note("ends")

    def __exit__(self, *_: object) -> None:
        self.notes.is_open = False
        if not self.notes.is_interrupted:
            self.interrupt()
        self.crew.__exit__()
        mine = set(threading.enumerate()) - self._before
        for thread in sorted(mine, key=lambda thread: thread.name == "broker"):
            if thread.name == "broker":  # all clients have left; that of step 9 would go on
                self.names["inbound"].put(END)
            thread.join(PATIENCE)
        assert set(threading.enumerate()) == self._before, "a thread is left"

    def interrupt(self) -> None:
        """Press Ctrl-C: `accept` raises `KeyboardInterrupt`. A connection wakes it."""
        self.notes.note("Ctrl-C", who="main")
        self.notes.is_interrupted = True
        socket.create_connection(self._address, PATIENCE).close()

    def ask(self, number: int, *, small: bool = False) -> None:
        """Connect a client and send its handshake."""
        super().ask(number, small=small)
        client = self.clients[number]
        client.pongs = NotedPongs(self.notes, client.name)
