"""Notes: who did what, and when.

Rule: a note is made at once by the thread that it is about. To append to a list takes no lock.
"""

from __future__ import annotations

import time
from typing import NamedTuple

from msgproxy.tracing.hops import Item


class Note(NamedTuple):
    """What somebody did: a thread of the server, or a client."""

    time: int
    who: str
    act: str
    item: Item = ""
    whom: str = ""


class Notes(list[Note]):
    """All notes of a run, in their order."""

    def add(self, who: str, act: str, item: Item, whom: str) -> None:
        """Note what somebody does now."""
        self.append(Note(time.monotonic_ns(), who, act, item, whom))

    def find(self, act: str, item: Item = "", who: str = "", whom: str = "") -> Note | None:
        """Return the first such note, if there is one."""
        wanted = (who, act, item, whom)
        return next(
            (
                note
                for note in list(self)
                if all(not want or want == is_ for want, is_ in zip(wanted, note[1:], strict=True))
            ),
            None,
        )

    def time(self, act: str, item: Item = "", who: str = "", whom: str = "") -> int:
        """Return when that was. It is an error if it was not."""
        if note := self.find(act, item, who, whom):
            return note.time
        raise LookupError(f"nobody has noted: {who} {act} {item} {whom}")

    def of(self, who: str, act: str) -> list[Note]:
        """Return all that somebody did of one kind."""
        return [note for note in self if (note.who, note.act) == (who, act)]
