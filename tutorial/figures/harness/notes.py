"""The notebook of a run: who did what and when, and the names of what was said.

Rule: each thread notes at once what it does itself. To append to a list takes no lock, so nobody
waits to make a note. The stand-ins know the notebook and nothing else of a run.
"""

from __future__ import annotations

import threading
import time
from typing import Any, NamedTuple

from wsproto.events import CloseConnection, Message

from msgproxy.check.frames import CLOSE, PING, PONG, FrameReader
from msgproxy.events import MessageId
from msgproxy.tracing.hops import Hop, Item

PADDING = "."
"""What makes a message long. It is left out where the message is named."""

LONGEST = 100
"""Characters of a message's words at most: to compare megabytes would change the run."""

FRAMES = {PING: "ping", PONG: "pong", CLOSE: "Close"}
"""The frames that carry no message, by their opcodes."""

FINAL = 0x80
"""The FIN bit of a frame's first byte: words are ASCII, so their first byte is smaller."""


class Note(NamedTuple):
    """What somebody did: a thread of the server, or a client."""

    time: int
    who: str
    act: str
    item: Item = ""
    whom: str = ""


class Notebook(list[Note]):
    """All notes of a run in their order, its hops, and what its clients have said."""

    def __init__(self, role: str) -> None:
        """`role` is what the thread that receives from a client is called; "" keeps its name."""
        super().__init__()
        self.role = role
        self.hops: list[Hop] = []
        self.said: dict[str, MessageId] = {}
        self.received: dict[tuple[str, Item], int] = {}
        """When a thread received what it has not put on any queue."""
        self.newest = 0
        """The number of the client that was accepted last."""
        self.queues: dict[int, Any] = {}
        """The outbound queue of each client, by its number; 0 is the inbound queue."""
        self.is_open = True
        """If not, nothing more is noted."""
        self.is_interrupted = False

    def note(self, act: str, item: Item = "", whom: str = "", who: str = "") -> None:
        """Note what the current thread does now, or what a client does."""
        if self.is_open:
            who = who or threading.current_thread().name
            self.append(Note(time.monotonic_ns(), who, act, item, whom))
            if act == "received":
                self.received[who, item] = self[-1].time

    def hop(self, hop: Hop) -> None:
        """Note a hop."""
        if self.is_open:
            self.hops.append(hop)

    def say(self, number: int, words: str) -> MessageId:
        """Note that a client says something, and give it a name."""
        count = len(self.of(f"client {number}", "says"))
        item = self.said[words] = MessageId(number, 1 + count)
        self.note("says", item, who=f"client {number}")
        return item

    def forget(self) -> None:
        """Drop all notes and hops: the picture begins here, or in the next round."""
        self.clear()
        self.hops.clear()

    def item(self, what: Any) -> Item:
        """Name what a thread has in hand: words, a frame, an event, or the end."""
        match what:
            case bytes() if what[0] & FINAL:
                opcode, _, payload = next(FrameReader().feed(what))  # the first of a batch
                return FRAMES.get(opcode, "").lower() or self.item(payload)
            case bytes():
                return self.item(what[:LONGEST].decode())
            case str():
                return self.said[what[:LONGEST].rstrip(PADDING)]
            case None:
                return "None"
            case Message():
                return self.item(what.data)
            case CloseConnection():
                return "close"
        if hasattr(what, "message"):
            return self.item(what.message)
        kind = type(what).__name__.lower()
        return f"{kind} {what.session.outbound.number}" if hasattr(what, "session") else kind

    def words(self, item: Item) -> str:
        """Return what a message says."""
        return next((words for words, each in self.said.items() if each == item), str(item))

    # What has been noted.

    def find(self, act: str, item: Item = "", who: str = "", whom: str = "") -> Note | None:
        """Return the first note that fits, if there is one."""
        wanted = (who, act, item, whom)
        for note in list(self):
            if all(not want or want == is_ for want, is_ in zip(wanted, note[1:], strict=True)):
                return note
        return None

    def time(self, act: str, item: Item = "", who: str = "", whom: str = "") -> int:
        """Return when that was. Raise LookupError if it did not happen."""
        if note := self.find(act, item, who, whom):
            return note.time
        raise LookupError(f"nobody has noted: {who} {act} {item} {whom}")

    def of(self, who: str, act: str) -> list[Note]:
        """Return everything of one kind that somebody did."""
        return [note for note in list(self) if (note.who, note.act) == (who, act)]

    def acts(self, act: str) -> list[Hop]:
        """Return all hops of one kind."""
        return [hop for hop in list(self.hops) if hop.act == act]

    def in_order(self) -> list[Hop]:
        """Return all hops in the order of time."""
        return sorted(self.hops, key=lambda hop: hop.time)
