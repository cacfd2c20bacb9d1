"""Stand-ins: what a step gets instead of the server, the WebSocket, the lock and the queue.

Rule: each is the real thing that also notes what passes through it. It does not change which
thread waits for which. What the library's hidden thread does, only its socket can see.
"""

from __future__ import annotations

import http.server
import importlib.util
import queue
import socket
import sys
import threading
import time
from collections import deque
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import simple_websocket

from harness.notes import Notebook
from msgproxy.check.frames import CLOSE, PING, PONG
from msgproxy.tracing.hops import Hop, HopKind, Item

STEPS = Path(__file__).parent.parent.parent / "steps"

FRAMES = {"ping": PING, "pong": PONG, "Close": CLOSE}
"""The frames that carry no message, and what they are called."""

FINAL = 0x80
"""The FIN bit of a frame's first byte: the frame is a whole one, or the last part."""


def load(step: str) -> ModuleType:
    """Return a new module of a step: nothing is left in it of an earlier run."""
    spec = importlib.util.spec_from_file_location(step, STEPS / f"{step}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def replace(names: dict[str, Any], notebook: Notebook, servers: list[Any]) -> None:
    """Replace what a step takes from elsewhere, before it runs. Its server will be in `servers`."""
    for name in ("HTTPServer", "ThreadingHTTPServer"):
        if name in names:
            names[name] = _noted_server(names[name], notebook, servers)
    names["WebSocket"] = type("WebSocket", (WebSocket,), {"notebook": notebook})
    if "lock" in names:
        names["lock"] = Lock(notebook)
    if "queue" in names:
        made = type("Queue", (Queue,), {"notebook": notebook})
        names["queue"] = SimpleNamespace(Queue=made, Full=queue.Full, Empty=queue.Empty)
    if "inbound" in names:  # it exists already
        names["inbound"] = made(names.get("LIMIT", 0))


def _noted_server(
    kind: type[http.server.HTTPServer], notebook: Notebook, servers: list[Any]
) -> type[http.server.HTTPServer]:
    class Server(kind):  # type: ignore[misc, valid-type]
        def __init__(self, *arguments: Any) -> None:
            servers.append(self)
            super().__init__(*arguments)

        def handle_error(self, *_: object) -> None:
            """A thread dies of a bug. Its traceback would go to the terminal."""
            notebook.note("dies", type(sys.exception()).__name__)

    return Server


class WebSocket(simple_websocket.Server):  # type: ignore[misc]
    """Gives its threads their names, and notes what its client's thread receives and sends."""

    notebook: Notebook

    def __init__(self, environ: dict[str, Any], *arguments: Any, **options: Any) -> None:
        self.number = next(self.notebook.numbers)
        self.name = f"client {self.number}"
        if self.notebook.role:
            threading.current_thread().name = f"{self.notebook.role}-{self.number}"
        self.notebook.note("lets in", f"joined {self.number}", self.name)
        taken = Socket(self.notebook, environ["werkzeug.socket"], self.number)
        super().__init__(environ | {"werkzeug.socket": taken}, *arguments, **options)

    def _thread(self) -> None:
        threading.current_thread().name = f"hidden-{self.number}"
        super()._thread()

    def receive(self, timeout: float | None = None) -> Any:
        self.notebook.note("receives", whom=self.name)
        try:
            message = super().receive(timeout)
        except simple_websocket.ConnectionClosed:
            self.notebook.note("loses", f"left {self.number}", self.name)
            raise
        self.notebook.note("received", self.notebook.item(message), self.name)
        return message

    def send(self, data: Any) -> None:
        item = self.notebook.item(data)
        self.notebook.note("sends", item, self.name)
        try:
            super().send(data)
        except Exception:
            self.notebook.note("fails", item, self.name)
            raise
        self.notebook.note("sent", item, self.name)


class Socket:
    """Notes which thread hangs up, and which frames the hidden thread reads and writes.

    The WebSocket notes what the other threads receive and send.
    """

    def __init__(self, notebook: Notebook, sock: socket.socket, number: int) -> None:
        self._notebook, self._socket = notebook, sock
        self._client, self._hidden = f"client {number}", f"hidden-{number}"

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)

    def recv(self, size: int) -> bytes:
        """Receive, and note a ping, a pong or a Close frame."""
        data = self._socket.recv(size)
        self._note("reads", data)
        return data

    def send(self, data: bytes) -> int:
        """Send. That may take a while, and may fail."""
        self._note("writes", data)
        try:
            sent = self._socket.send(data)
        except OSError:
            self._note("cannot write", data)
            raise
        self._note("wrote", data)
        return sent

    def shutdown(self, how: int) -> None:
        """End the connection, which wakes every thread that waits in it."""
        self._notebook.note("hangs up", whom=self._client)
        self._socket.shutdown(how)

    def _note(self, act: str, data: bytes) -> None:
        heads = {bytes([FINAL | opcode]): name for name, opcode in FRAMES.items()}
        name = heads.get(data[:1])
        if name and threading.current_thread().name == self._hidden:
            self._notebook.note(act, name, self._client)


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


class Queue(queue.Queue[Any]):
    """A queue that notes hops, as a recording of the package does.

    An outbound queue is made by the thread that receives from its client, so it has its number.
    The thread that takes from a queue is named after it.
    """

    notebook: Notebook

    def __init__(self, maxsize: int = 0) -> None:
        super().__init__(maxsize)
        role, _, number = threading.current_thread().name.rpartition("-")
        self.number = number if role == self.notebook.role else ""
        self.name = f"outbound-{number}" if self.number else "inbound"
        self._in_hand: tuple[Item, ...] = ()

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Note when the thread received it, if it did; and whether there is room."""
        me, named = threading.current_thread().name, self.notebook.item(item)
        note = self.notebook.of(me, "received")[-1:]
        if note and note[0].item == named and not self._is_noted(me, named):
            self._hop("received", (named,), note[0].time)
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

    def _is_noted(self, thread: str, item: Item) -> bool:
        wanted = (thread, "received", (item,))
        return any((h.thread, h.act, h.items) == wanted for h in reversed(self.notebook.hops))

    def _hop(self, act: HopKind, items: tuple[Item, ...], at: int = 0) -> None:
        text = self.notebook.words(items[0]) if act == "received" else ""
        now, depth, thread = time.monotonic_ns(), len(self.queue), threading.current_thread().name
        hop = Hop(0, at or now, thread, act, self.name, items, depth, depth, text)
        self.notebook.hop(hop)


class NotedInbox(deque[Any]):
    """The messages that a client has received: notes when each one came."""

    def __init__(self, notebook: Notebook, client: str) -> None:
        super().__init__()
        self._notebook, self._client = notebook, client

    def append(self, message: Any) -> None:
        self._notebook.note("hears", self._notebook.item(message), who=self._client)
        super().append(message)
