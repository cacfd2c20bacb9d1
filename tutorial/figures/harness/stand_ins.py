"""Stand-ins: what a step gets instead of the server, the WebSocket, the lock and the queue.

Rule: each is the real thing that also notes what passes through it. It does not change which
thread waits for which.
"""

from __future__ import annotations

import queue
import socket
import sys
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from simple_websocket import ConnectionClosed

from harness.notes import Notebook
from harness.sockets import Listener
from msgproxy.tracing.hops import Hop, HopKind, Item


def replace(names: dict[str, Any], notebook: Notebook) -> None:
    """Replace what a step takes from elsewhere, before it runs."""

    def noted(stand_in: type, kind: type) -> type:
        return type(kind.__name__, (stand_in, kind), {"notebook": notebook})

    def listen(*arguments: Any) -> Listener:
        return Listener(notebook, socket.create_server(*arguments))

    for name, stand_in in STAND_INS.items():
        if name in names:
            names[name] = noted(stand_in, names[name])
    names["queue"] = SimpleNamespace(Queue=noted(Queue, queue.Queue), Full=queue.Full)
    names["socket"] = SimpleNamespace(**vars(socket) | {"create_server": listen})
    names["lock"] = Lock(notebook)
    if "inbound" in names:  # it exists already
        names["inbound"] = names.get("BatchQueue", names["queue"].Queue)(names.get("LIMIT", 0))


class Server:
    """Accepts connections until Ctrl-C. Its other base is an HTTP server."""

    notebook: Notebook

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.socket = Listener(self.notebook, self.socket)

    def handle_error(self, *_: object) -> None:
        """A thread dies of a bug. Its traceback would go to the terminal."""
        self.notebook.note("dies", type(sys.exception()).__name__)


class WebSocket:
    """Names its threads, and notes what its client's thread receives and sends."""

    notebook: Notebook

    def __init__(self, environ: dict[str, Any], *arguments: Any, **options: Any) -> None:
        taken = environ["werkzeug.socket"]
        self.number, self.client = taken.number, taken.client
        if self.notebook.role:
            threading.current_thread().name = f"{self.notebook.role}-{self.number}"
        self.notebook.note("lets in", f"joined {self.number}", self.client)
        super().__init__(environ, *arguments, **options)

    def _thread(self) -> None:
        threading.current_thread().name = f"hidden-{self.number}"
        super()._thread()

    def receive(self, timeout: float | None = None) -> Any:
        self.notebook.note("receives", whom=self.client)
        try:
            message = super().receive(timeout)
        except ConnectionClosed:
            self.notebook.note("loses", f"left {self.number}", self.client)
            raise
        self.notebook.note("received", self.notebook.item(message), self.client)
        return message

    def send(self, data: Any) -> None:
        item = self.notebook.item(data)
        self.notebook.note("sends", item, self.client)
        try:
            super().send(data)
        except Exception:
            self.notebook.note("fails", item, self.client)
            raise
        self.notebook.note("sent", item, self.client)


class Connection:
    """Names its reader, and notes what that receives: in step 9 and later."""

    notebook: Notebook

    def handshake(self, *arguments: Any) -> bool:
        threading.current_thread().name = f"reader-{self.sock.number}"
        return super().handshake(*arguments)

    def events(self) -> Iterator[Any]:
        self.notebook.note("receives", whom=self.sock.client)
        for event in super().events():
            self.notebook.note("received", self.notebook.item(event), self.sock.client)
            yield event


class Queue:
    """Notes hops, as a recording of the package does.

    An outbound queue is made as soon as its client has been accepted, so it has its number. The
    thread that takes from a queue is named after it.
    """

    notebook: Notebook

    def __init__(self, *limit: int) -> None:
        super().__init__(*limit)
        self.number = self.notebook.newest
        self.name = f"outbound-{self.number}" if self.number else "inbound"
        self.notebook.queues[self.number] = self
        self._in_hand: tuple[Item, ...] = ()

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Note when the thread received it, if it did; and whether there is room."""
        named = self.notebook.item(item)
        if at := self.notebook.received.pop((threading.current_thread().name, named), 0):
            self._hop("received", (named,), at)
        try:
            super().put(item, block, timeout)
        except queue.Full:
            self._hop("full", (named,))
            raise

    def _put(self, item: Any) -> None:
        super()._put(item)
        self._hop("put", (self.notebook.item(item),))

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Take the next. So the thread has finished what it took last."""
        me = threading.current_thread()
        me.name = f"writer-{self.number}" if self.number else "broker"
        self.done()
        return super().get(block, timeout)

    def done(self) -> None:
        """Note that the thread has finished what it took last, if it took something."""
        if self._in_hand:
            self._hop("sent" if self.number else "handled", self._in_hand)
            self._in_hand = ()

    def _get(self) -> Any:
        taken = super()._get()
        several = taken if isinstance(taken, list) else [taken]
        self._in_hand = tuple(map(self.notebook.item, several))
        self._hop("got", self._in_hand)
        return taken

    def _hop(self, act: HopKind, items: tuple[Item, ...], at: int = 0) -> None:
        text = self.notebook.words(items[0]) if act == "received" else ""
        now, depth, thread = time.monotonic_ns(), len(self.queue), threading.current_thread().name
        hop = Hop(0, at or now, thread, act, self.name, items, depth, depth, text)
        self.notebook.hop(hop)


STAND_INS = {
    "HTTPServer": Server,
    "ThreadingHTTPServer": Server,
    "WebSocket": WebSocket,
    "Connection": Connection,
    "BatchQueue": Queue,
    "OutboundQueue": Queue,
}
"""By the name that a step has for it: what comes before it, as the first base of a new class."""


class Lock:
    """Notes which thread has to wait for it, has it, and gives it back."""

    def __init__(self, notebook: Notebook) -> None:
        self._lock = threading.Lock()
        self._notebook = notebook

    def __enter__(self) -> None:
        if not self._lock.acquire(blocking=False):
            self._notebook.note("wants")
            self._lock.acquire()
        self._notebook.note("has")

    def __exit__(self, *_: object) -> None:
        self._notebook.note("gives back")  # first: after the release, another may note more
        self._lock.release()
