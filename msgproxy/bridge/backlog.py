"""What waits to be published while Redis is away: the newest messages, and how many were dropped.

Rule: this queue is never full. A client that does not keep up is cut off; a bridge is not. It
publishes late, and not everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from msgproxy.events import BRIDGE
from msgproxy.queues import OutboundQueue


@dataclass(frozen=True, slots=True)
class Dropped:
    """This many messages of this instance's clients were dropped, to make room for what follows.

    It is never put on a queue: `take_all()` of a `DropOldestQueue` returns it first.
    """

    messages: int


class DropOldestQueue(OutboundQueue):
    """Like an outbound queue, but never full: it drops the oldest to make room for the newest."""

    def _init(self, maxsize: int) -> None:
        super()._init(maxsize)
        self._dropped = 0

    def _put(self, item: Any) -> None:
        if self._bytes + item.size > self.limit and not item.is_last:
            # A sixteenth more than is needed: the rest of the list moves up each time.
            self._drop_oldest(self._bytes + item.size - self.limit + self.limit // 16)
        super()._put(item)

    def _drop_oldest(self, size: int) -> None:
        """Drop items of `size` bytes or a little more, the oldest first."""
        count = 0
        while size > 0 and count < len(self._waiting):
            size -= self._waiting[count].size
            self._bytes -= self._waiting[count].size
            # With --echo, what came over the bridge is on this queue too. It has been published.
            self._dropped += sum(one.client != BRIDGE for one in self._waiting[count].messages)
            count += 1
        self._drop(self._waiting[:count])
        del self._waiting[:count]

    def _take_all(self) -> list[Any]:
        everything = super()._take_all()
        if self._dropped:
            everything.insert(0, Dropped(self._dropped))  # type: ignore[arg-type]  # first of all
            self._dropped = 0
        return everything
