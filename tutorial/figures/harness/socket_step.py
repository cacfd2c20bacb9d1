"""Steps 9 to 11, which have no library between them and the socket: they end by Ctrl-C.

Rule: as in `run`. What a step gets here in place of its sockets and queues is in `plain`.
"""

from __future__ import annotations

import contextlib
import queue
import socket
import sys
import threading
from types import SimpleNamespace
from typing import Any, Self

from wsproto.events import CloseConnection, Message, Ping, Pong

from harness import stand_ins
from harness.socket_stand_ins import OVER, Connection, Listener, Pongs, Queue
from harness.step import FILLER, LONGEST, PATIENCE, Observed
from msgproxy.check.frames import CLOSE, PING, PONG
from msgproxy.events import MessageId
from msgproxy.tracing.hops import Item

CONTROL = {PING: "ping", PONG: "pong", CLOSE: "goodbye"}
"""What frames are called that carry no message."""


class Bare(Observed):
    """A step on plain sockets that runs, with its clients, until Ctrl-C or the end of `with`."""

    def __init__(self, step: str) -> None:
        """Prepare `step`. Its modules stand beside it."""
        sys.path.insert(0, str(stand_ins.STEPS))
        try:
            super().__init__(step, role="reader")
        finally:
            sys.path.remove(str(stand_ins.STEPS))
        self.outbound: dict[int, Queue] = {}
        self.newest = 0
        self.is_interrupted = False
        names = vars(self._module)
        self._replace(names)
        main = names["main"]
        names["main"] = lambda: self._run_main(main)

    def _replace(self, names: dict[str, Any]) -> None:
        """Replace what the step takes from elsewhere. Its queues stay of the kind that they are."""
        kinds = {
            name: kind for name in ("BatchQueue", "OutboundQueue") if (kind := names.get(name))
        }
        for name, kind in {"Queue": queue.Queue, **kinds}.items():
            kinds[name] = type(name, (Queue, kind), {"run": self})
        names.update(kinds)
        names["queue"] = SimpleNamespace(Queue=kinds["Queue"], Full=queue.Full)
        names["inbound"] = kinds.get("BatchQueue", kinds["Queue"])(names["LIMIT"])
        names["Connection"] = type("Connection", (Connection, names["Connection"]), {"run": self})
        names["socket"] = SimpleNamespace(create_server=self._listen, SHUT_WR=socket.SHUT_WR)
        self._inbound = names["inbound"]

    def _run_main(self, main: Any) -> None:
        threading.current_thread().name = "main"
        with contextlib.suppress(KeyboardInterrupt):
            main()
        self.note("ends")

    def _listen(self, address: tuple[str, int]) -> Listener:
        listener = Listener(fileno=socket.create_server(address).detach())
        listener.run = self
        self._address = listener.getsockname()
        return listener

    def __enter__(self) -> Self:
        self._before = set(threading.enumerate())
        return super().__enter__()

    def __exit__(self, *_: object) -> None:
        self.is_on = False
        if not self.is_interrupted:
            self.interrupt()
        self.crew.__exit__()
        mine = set(threading.enumerate()) - self._before
        for thread in sorted(mine, key=lambda thread: thread.name == "broker"):
            if thread.name == "broker":  # all have left; in step 9 it would go on nevertheless
                self._inbound.put(OVER)
            thread.join(PATIENCE)
        assert set(threading.enumerate()) == self._before, "a thread is left"

    def interrupt(self) -> None:
        """Press Ctrl-C: `accept` raises `KeyboardInterrupt`. A connection wakes who waits in it."""
        self.note("Ctrl-C", who="main")
        self.is_interrupted = True
        socket.create_connection(self._address, PATIENCE).close()

    def ask(self, number: int, *, small: bool = False) -> None:
        """Connect a client and ask to be let in."""
        super().ask(number, small=small)
        client = self.clients[number]
        client.pongs = Pongs(self, client.name)

    def burst(self, number: int, *words: str) -> list[MessageId]:
        """Have a client say some things, all at once."""
        items = [self._saying(number, each) for each in words]
        self.clients[number].say(*words)
        self.crew.send_all(self.clients[number])
        return items

    def item(self, said: Any) -> Item:
        """Name what a thread has in hand: what has happened, an event of wsproto's, or a frame."""
        kind = type(said).__name__.lower()
        match said:
            case bytes():
                return self._frame(said)
            case Message():
                return super().item(said.data)
            case Ping() | Pong():
                return kind
            case CloseConnection():
                return "goodbye"
            case str():
                return OVER if said is OVER else super().item(said)
        if hasattr(said, "message"):
            return self.item(said.message)
        return f"{kind} {said.session.connection.number}" if hasattr(said, "session") else kind

    def _frame(self, data: bytes) -> Item:
        """Name a frame, or the first of several."""
        if opcode := CONTROL.get(data[0] & 0x0F):
            return opcode
        head = {126: 4, 127: 10}.get(data[1], 2)
        size = min(LONGEST, data[1])  # 126 and 127 say that it is longer
        return self.said[data[head : head + size].decode().rstrip(FILLER)]
