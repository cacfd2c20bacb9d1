"""What a step gets instead of the queue, the lock and the server that it asks for.

Rule: each is the real thing, and a note more. It does not change who waits for whom.
The WebSocket is in `sockets`.
"""

from __future__ import annotations

import http.server
import importlib.util
import queue
import sys
import threading
import time
from collections import deque
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

from harness.websocket_stand_ins import WebSocket
from msgproxy.tracing.hops import Act, Hop, Item

if TYPE_CHECKING:
    from harness.step import Observed

STEPS = Path(__file__).parent.parent.parent / "steps"


def load(step: str) -> ModuleType:
    """Return a new module of a step: nothing is left in it of an earlier run."""
    spec = importlib.util.spec_from_file_location(step, STEPS / f"{step}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def replace(module: ModuleType, run: Observed) -> None:
    """Replace in a step what it takes from elsewhere, before it runs."""
    names = vars(module)
    for name in ("HTTPServer", "ThreadingHTTPServer"):
        if name in names:
            names[name] = _server(run, names[name])
    names["WebSocket"] = type("WebSocket", (WebSocket,), {"run": run})
    if "lock" in names:
        names["lock"] = Lock(run)
    if "queue" in names:
        made = type("Queue", (Queue,), {"run": run})
        names["queue"] = SimpleNamespace(Queue=made, Full=queue.Full, Empty=queue.Empty)
    if "inbound" in names:  # it has been made already
        names["inbound"] = made(names.get("LIMIT", 0))


def _server(run: Observed, kind: type[http.server.HTTPServer]) -> type[http.server.HTTPServer]:
    class Server(kind):  # type: ignore[misc, valid-type]
        def __init__(self, *arguments: Any) -> None:
            run.server = self
            super().__init__(*arguments)

        def handle_error(self, *_: object) -> None:
            """A thread dies of a bug. Its traceback would go to the terminal."""
            run.note("dies", type(sys.exception()).__name__)

    return Server


class Lock:
    """A lock that notes who has to wait for it, who has it, and who gives it back."""

    def __init__(self, run: Observed) -> None:
        self._lock = threading.Lock()
        self._run = run

    def __enter__(self) -> None:
        if not self._lock.acquire(blocking=False):
            self._run.note("wants")
            self._lock.acquire()
        self._run.note("has")

    def __exit__(self, *_: object) -> None:
        self._run.note("gives back")  # before it does: after it, another may have noted more
        self._lock.release()


class Queue(queue.Queue[Any]):
    """A queue that notes hops, as a recording of the package does.

    An outbound queue is made by the thread that receives from its client, so it has its number.
    And whoever takes from a queue is called after it.
    """

    run: Observed

    def __init__(self, maxsize: int = 0) -> None:
        super().__init__(maxsize)
        role, _, number = threading.current_thread().name.rpartition("-")
        self.number = number if role == self.run.role else ""
        self.name = f"outbound-{number}" if self.number else "inbound"
        self._in_hand: tuple[Item, ...] = ()

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Note when its thread received it, if that was for this; and whether there is room."""
        me, named = threading.current_thread().name, self.run.item(item)
        note = self.run.of(me, "received")[-1:]
        if note and note[0].item == named and not self._is_noted(me, named):
            self._hop("received", (named,), me, note[0].time)
        try:
            super().put(item, block, timeout)
        except queue.Full:
            self._hop("full", (named,), me)
            raise

    def _put(self, item: Any) -> None:
        super()._put(item)
        self._hop("put", (self.run.item(item),), threading.current_thread().name)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Take the next. So the thread is done with what it took last."""
        me = threading.current_thread()
        me.name = f"writer-{self.number}" if self.number else "broker"
        self.done()
        return super().get(block, timeout)

    def done(self) -> None:
        """Note that the thread is done with what it took last, if it took something."""
        if self._in_hand:
            act: Act = "sent" if self.number else "handled"
            self._hop(act, self._in_hand, threading.current_thread().name)
            self._in_hand = ()

    def _get(self) -> Any:
        taken = super()._get()
        several = taken if isinstance(taken, list) else [taken]
        self._in_hand = tuple(map(self.run.item, several))
        self._hop("got", self._in_hand, threading.current_thread().name)
        return taken

    def _is_noted(self, thread: str, item: Item) -> bool:
        return any(
            (hop.thread, hop.act, hop.items) == (thread, "received", (item,))
            for hop in reversed(self.run.hops)
        )

    def _hop(self, act: Act, items: tuple[Item, ...], thread: str, at: int = 0) -> None:
        text = self.run.words(items[0]) if act == "received" else ""
        depth = len(self.queue)
        hop = Hop(0, at or time.monotonic_ns(), thread, act, self.name, items, depth, depth, text)
        if self.run.is_on:
            self.run.hops.append(hop)


class Heard(deque[Any]):
    """What a client has heard, as its own end gets it: it notes when."""

    def __init__(self, run: Observed, client: str) -> None:
        super().__init__()
        self._run, self._client = run, client

    def append(self, message: Any) -> None:
        self._run.note("hears", self._run.item(message), who=self._client)
        super().append(message)
