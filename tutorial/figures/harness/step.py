"""A step that runs, its clients, and the notebook of both.

Rule: nothing in here makes a thread of the server wait, and every wait has a deadline.

The clients are real ones in this same process, so all times are of one clock.
"""

from __future__ import annotations

import contextlib
import importlib
import queue
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from harness import stand_ins
from harness.notes import FRAMES, PADDING, Notebook
from msgproxy.check.client import Address, Client
from msgproxy.check.failure import Unexpected
from msgproxy.check.harness import SMALL_BUFFER, Harness
from msgproxy.events import MessageId

PATIENCE = 20.0
"""Seconds that anything here may take. Whatever takes longer has failed."""

POLL_INTERVAL = 0.002
"""Seconds between two looks at the notebook."""

sys.path.append(str(Path(__file__).parent.parent.parent / "steps"))


def wait_until(crew: Harness, condition: Callable[[], object]) -> None:
    """Look after the clients until something has happened. Raise Unexpected if it does not."""
    deadline = time.monotonic() + PATIENCE
    while not crew.until(condition, POLL_INTERVAL):
        if time.monotonic() > deadline:
            raise Unexpected("what this picture should show did not happen in time")


class RunningStep:
    """A step that runs, with its clients. At the end of the `with` block all of it ends."""

    def __init__(self, step: str, role: str = "reader", **constants: float) -> None:
        """Prepare `step`. `role` is what the thread that receives from a client is called.

        `constants` replace values of the step that would make the picture too long.
        """
        sys.modules.pop(step, None)  # nothing is left in a new module of an earlier run
        self._module = importlib.import_module(step)
        self._module.print = lambda text, **_: self._ready.put(text)
        vars(self._module).update(constants)
        self.notes = Notebook(role)
        self.find, self.time, self.of = self.notes.find, self.notes.time, self.notes.of
        stand_ins.replace(vars(self._module), self.notes)
        self.clients: dict[int, Client] = {}
        self._ready: queue.Queue[str] = queue.Queue()

    def __enter__(self) -> Self:
        sys.argv = [self._module.__name__, "--port", "0"]
        name = "main" if self.notes.role else "server"  # in step 1, the only thread does all
        self._main = threading.Thread(target=self._run_main, name=name, daemon=True)
        self._main.start()
        port = int(self._ready.get(timeout=PATIENCE).rstrip("/").rpartition(":")[2])
        self.crew = Harness(Address("127.0.0.1", port, "/"), PATIENCE)
        return self

    def _run_main(self) -> None:
        with contextlib.suppress(KeyboardInterrupt):
            self._module.main()
        self.notes.note("ends")

    def interrupt(self) -> None:
        """Press Ctrl-C: `accept` raises `KeyboardInterrupt`. A connection wakes it."""
        self.notes.note("Ctrl-C", who="main")
        self.notes.is_interrupted = True
        address = self.crew.address
        socket.create_connection((address.host, address.port), PATIENCE).close()

    def __exit__(self, *_: object) -> None:
        self.notes.is_open = False
        if not self.notes.is_interrupted:
            self.interrupt()
        self.crew.__exit__()
        self._main.join(PATIENCE)

    # What scenes do.

    def join(self, number: int, *, small: bool = False) -> None:
        """Connect a client, and wait until the step listens to it, and its broker knows of it."""
        self.ask(number, small=small)
        client = self.clients[number]
        self.crew.wait_for(client, lambda: client.answer, "no answer")
        self.until(lambda: self.find("receives", whom=client.name) and self._is_known(number))

    def _is_known(self, number: int) -> bool:
        taken = (f"joined {number}" in hop.items for hop in self.notes.acts("got"))
        return not hasattr(self._module, "run_broker") or any(taken)  # the first steps have none

    def ask(self, number: int, *, small: bool = False) -> None:
        """Connect a client and send its handshake, without waiting for the answer.

        With `small` buffers, a client that does not read stops its sender soon.
        """
        name, notes = f"client {number}", self.notes
        notes.note("asks", f"joined {number}", who=name)
        client = self.crew.request(name, receive_buffer=small * SMALL_BUFFER)
        client.heard = NotedList(lambda said: notes.note("hears", notes.item(said), who=name))
        client.pongs = NotedList(lambda _: notes.note("hears", "pong", who=name))
        self.clients[number] = client
        self.crew.send_all(client)

    def say(self, number: int, words: str, size: int = 0, *, is_binary: bool = False) -> MessageId:
        """Have a client say something, padded to `size` bytes."""
        item = self.notes.say(number, words)
        text = words.ljust(size, PADDING)
        self.crew.say(self.clients[number], text.encode() if is_binary else text)
        return item

    def read(self, number: int, reads: bool) -> None:
        """Have a client stop reading, or begin again."""
        self.clients[number].reads = reads
        self.notes.note("reads on" if reads else "stops reading", who=f"client {number}")

    def send_frame(self, number: int, name: str) -> None:
        """Have a client send a "ping" or a "Close"."""
        self.notes.note("sends frame", name, who=f"client {number}")
        opcode = next(opcode for opcode, each in FRAMES.items() if each == name)
        self.clients[number].send_frame(opcode)
        self.crew.send_all(self.clients[number])

    def leave(self, number: int) -> None:
        """Have a client vanish. What it has not read is lost."""
        client = self.clients.pop(number)
        self.notes.note("leaves", f"left {number}", who=client.name)
        self.crew.clients.remove(client)
        client.close()

    def stop_noting(self) -> None:
        """End the picture here: it does not show how the clients end."""
        self.crew.pause(0.1)
        self.notes.is_open = False

    def until(self, condition: Callable[[], object]) -> None:
        """Wait until something has happened; fail if it does not."""
        wait_until(self.crew, condition)


class NotedList(list[Any]):
    """What a client has received: notes each message or pong when it comes."""

    def __init__(self, note: Callable[[Any], None]) -> None:
        super().__init__()
        self._note = note

    def append(self, received: Any) -> None:
        self._note(received)
        super().append(received)
