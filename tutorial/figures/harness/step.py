"""A step that runs, its clients, and what has been noted of them.

Rule: nothing in here makes a thread of the server wait, and every wait has a deadline.

The clients are real ones, in this same process: so all times are of one clock.
"""

from __future__ import annotations

import itertools
import queue
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Self

from harness import stand_ins
from harness.notes import Notes
from harness.websocket_stand_ins import FRAMES
from msgproxy.check.client import Address, Client
from msgproxy.check.failure import Surprise
from msgproxy.check.harness import SMALL_BUFFER, Crew
from msgproxy.events import MessageId
from msgproxy.tracing.hops import Hop, Item

PATIENCE = 20.0
"""Seconds that anything here may take. What takes longer has failed."""

LOOK = 0.002
"""Seconds between two looks at what has been noted."""

FILLER = "."
"""What makes a message long: it is left out where the message is named."""

LONGEST = 100
"""Characters of a message's words at the most: to look at more of it would take its time."""


class Observed:
    """A step that runs, with its clients. At the end of the `with` block all of it ends."""

    def __init__(self, step: str, role: str = "", **constants: float) -> None:
        """Prepare `step`. `role` is what the thread that receives from a client is called.

        `constants` are values of the step's own that would make the picture too long.
        """
        self.notes = Notes()
        self.find, self.time, self.of = self.notes.find, self.notes.time, self.notes.of
        self.hops: list[Hop] = []
        self.said: dict[str, MessageId] = {}
        self.clients: dict[int, Client] = {}
        self.role = role
        self.is_on = True
        self.numbers = itertools.count(1)
        self._module = stand_ins.load(step)
        vars(self._module).update(constants)
        stand_ins.replace(self._module, self)
        self._ready: queue.Queue[str] = queue.Queue()
        self._module.print = lambda text, **_: self._ready.put(text)  # type: ignore[attr-defined]

    def __enter__(self) -> Self:
        sys.argv = [self._module.__name__, "--port", "0"]
        self._main = threading.Thread(target=self._module.main, name="server", daemon=True)
        self._main.start()
        port = int(self._ready.get(timeout=PATIENCE).rstrip("/").rpartition(":")[2])
        self.crew = Crew(Address("127.0.0.1", port, "/"), PATIENCE)
        return self

    def __exit__(self, *_: object) -> None:
        self.crew.__exit__()
        self.server.shutdown()
        self._main.join(PATIENCE)

    # What scenes do.

    def note(self, act: str, item: Item = "", whom: str = "", who: str = "") -> None:
        """Note what the current thread does now, or what a client does."""
        who = who or threading.current_thread().name
        if self.is_on:
            self.notes.add(who, act, item, whom)

    def join(self, number: int, *, small: bool = False) -> None:
        """Let a client in, and wait until the step listens to it."""
        self.ask(number, small=small)
        client = self.clients[number]
        self.crew.wait_for(client, lambda: client.answer, "no answer")
        self.until(lambda: self.find("receives", whom=f"client {number}"))

    def ask(self, number: int, *, small: bool = False) -> None:
        """Connect a client and ask to be let in, without waiting for the answer.

        With `small` buffers, what it does not read gets stuck soon.
        """
        name = f"client {number}"
        self.note("asks", f"joined {number}", who=name)
        client = self.crew.request(name, receive_buffer=small * SMALL_BUFFER)
        client.heard = stand_ins.Heard(self, name)
        self.clients[number] = client
        self.crew.send_all(client)

    def say(self, number: int, words: str, size: int = 0, *, is_binary: bool = False) -> MessageId:
        """Have a client say something, which is `size` bytes long if its words are not."""
        item = self._saying(number, words)
        text = words.ljust(size, FILLER)
        self.crew.say(self.clients[number], text.encode() if is_binary else text)
        return item

    def say_at_once(self, words: dict[int, str]) -> list[MessageId]:
        """Have some clients say something, as much at the same moment as one thread can."""
        items = [self._saying(number, text) for number, text in words.items()]
        frames = [(self.clients[number], text) for number, text in words.items()]
        for client, text in frames:
            client.say(text)
        for client, _ in frames:
            client.flush()
        return items

    def _saying(self, number: int, words: str) -> MessageId:
        item = self.said[words] = MessageId(number, 1 + len(self.of(f"client {number}", "says")))
        self.note("says", item, who=f"client {number}")
        return item

    def read(self, number: int, reads: bool) -> None:
        """Have a client stop reading what it is sent, or begin again."""
        self.clients[number].reads = reads
        self.note("reads on" if reads else "stops reading", who=f"client {number}")

    def fall_silent(self, number: int) -> None:
        """Have a client neither read nor answer any more. Its connection stays."""
        self.clients[number].reads = False
        self.note("falls silent", who=f"client {number}")

    def send_frame(self, number: int, name: str) -> None:
        """Have a client send a "ping" or a "Close"."""
        self.note("sends frame", name, who=f"client {number}")
        self.clients[number].send_frame(FRAMES[name])
        self.crew.send_all(self.clients[number])

    def leave(self, number: int) -> None:
        """Have a client vanish. What it has not read is lost."""
        client = self.clients.pop(number)
        self.note("leaves", f"left {number}", who=client.name)
        self.crew.clients.remove(client)
        client.close()

    def forget(self) -> None:
        """Forget what has been noted: the picture begins here, or in the next round."""
        self.notes.clear()
        self.hops.clear()

    def cut(self) -> None:
        """End what is noted. What follows, the end of the clients, is in no picture."""
        self.crew.pause(0.1)
        self.is_on = False

    def until(self, condition: Callable[[], object]) -> None:
        """Wait until something has happened; fail if it does not come."""
        deadline = time.monotonic() + PATIENCE
        while not self.crew.until(condition, LOOK):
            if time.monotonic() < deadline:
                continue
            raise Surprise("waited in vain for what this picture is to show")

    def item(self, said: Any) -> Item:
        """Name what a thread has in hand."""
        if isinstance(said, bytes):
            said = said[:LONGEST].decode()
        if isinstance(said, str):
            return self.said[said[:LONGEST].rstrip(FILLER)]
        if said is None:
            return "goodbye"
        if hasattr(said, "message"):
            return self.item(said.message)
        return f"{type(said).__name__.lower()} {said.session.websocket.number}"

    def words(self, item: Item) -> str:
        """Return what a message says."""
        return next((words for words, each in self.said.items() if each == item), str(item))

    # What has been noted.

    def acts(self, act: str) -> list[Hop]:
        """Return all hops of one kind."""
        return [hop for hop in list(self.hops) if hop.act == act]
