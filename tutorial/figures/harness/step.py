"""A step that runs, its clients, and the notebook of both.

Rule: nothing in here makes a thread of the server wait, and every wait has a deadline.

The clients are real ones in this same process, so all times are of one clock.
"""

from __future__ import annotations

import queue
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Self

from harness import stand_ins
from harness.notes import PADDING, Notebook
from msgproxy.check.client import Address, Client
from msgproxy.check.failure import Unexpected
from msgproxy.check.harness import SMALL_BUFFER, Harness
from msgproxy.events import MessageId

PATIENCE = 20.0
"""Seconds that anything here may take. Whatever takes longer has failed."""

POLL_INTERVAL = 0.002
"""Seconds between two looks at the notebook."""


def wait_until(crew: Harness, condition: Callable[[], object]) -> None:
    """Look after the clients until something has happened. Raise Unexpected if it does not."""
    deadline = time.monotonic() + PATIENCE
    while not crew.until(condition, POLL_INTERVAL):
        if time.monotonic() > deadline:
            raise Unexpected("what this picture should show did not happen in time")


class RunningStep:
    """A step that runs, with its clients. At the end of the `with` block all of it ends."""

    def __init__(self, step: str, role: str = "", **constants: float) -> None:
        """Prepare `step`. `role` is what the thread that receives from a client is called.

        `constants` replace values of the step that would make the picture too long.
        """
        module = stand_ins.load(step)
        module.print = lambda text, **_: self._ready.put(text)  # type: ignore[attr-defined]
        self.names = vars(module)
        self.names.update(constants)
        self.notes = self._replace(role)
        self.find, self.time, self.of = self.notes.find, self.notes.time, self.notes.of
        self.clients: dict[int, Client] = {}
        self._ready: queue.Queue[str] = queue.Queue()

    def _replace(self, role: str) -> Notebook:
        """Replace what the step takes from elsewhere; return the notebook of the stand-ins."""
        notebook = Notebook(role)
        self._servers: list[Any] = []
        stand_ins.replace(self.names, notebook, self._servers)
        return notebook

    def __enter__(self) -> Self:
        sys.argv = [self.names["__name__"], "--port", "0"]
        self._main = threading.Thread(target=self._run_main, name="server", daemon=True)
        self._main.start()
        port = int(self._ready.get(timeout=PATIENCE).rstrip("/").rpartition(":")[2])
        self.crew = Harness(Address("127.0.0.1", port, "/"), PATIENCE)
        return self

    def _run_main(self) -> None:
        self.names["main"]()

    def __exit__(self, *_: object) -> None:
        self.crew.__exit__()
        for server in self._servers:
            server.shutdown()
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
        return "run_broker" not in self.names or any(taken)  # the first steps have no broker

    def ask(self, number: int, *, small: bool = False) -> None:
        """Connect a client and send its handshake, without waiting for the answer.

        With `small` buffers, a client that does not read stops its sender soon.
        """
        name = f"client {number}"
        self.notes.note("asks", f"joined {number}", who=name)
        client = self.crew.request(name, receive_buffer=small * SMALL_BUFFER)
        client.heard = stand_ins.NotedInbox(self.notes, name)
        self.clients[number] = client
        self.crew.send_all(client)

    def say(self, number: int, words: str, size: int = 0, *, is_binary: bool = False) -> MessageId:
        """Have a client say something, padded to `size` bytes."""
        item = self.notes.say(number, words)
        text = words.ljust(size, PADDING)
        self.crew.say(self.clients[number], text.encode() if is_binary else text)
        return item

    def say_at_once(self, words: dict[int, str]) -> None:
        """Have some clients say something, as nearly at the same moment as one thread can."""
        for number, text in words.items():
            self.notes.say(number, text)
            self.clients[number].say(text)
        for number in words:
            self.clients[number].flush()

    def burst(self, number: int, *words: str) -> list[MessageId]:
        """Have a client say several things without a pause."""
        items = [self.notes.say(number, each) for each in words]
        self.clients[number].say(*words)
        self.crew.send_all(self.clients[number])
        return items

    def read(self, number: int, reads: bool) -> None:
        """Have a client stop reading, or begin again."""
        self.clients[number].reads = reads
        self.notes.note("reads on" if reads else "stops reading", who=f"client {number}")

    def fall_silent(self, number: int) -> None:
        """Have a client neither read nor answer any more. Its connection stays."""
        self.clients[number].reads = False
        self.notes.note("falls silent", who=f"client {number}")

    def send_frame(self, number: int, name: str) -> None:
        """Have a client send a "ping" or a "Close"."""
        self.notes.note("sends frame", name, who=f"client {number}")
        self.clients[number].send_frame(stand_ins.FRAMES[name])
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
