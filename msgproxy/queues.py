"""The queues, where threads meet, and the only places where they do.

Rule: a queue overrides the four hooks of `queue.Queue` (`_init`, `_qsize`, `_put`, `_get`) and
no other method. They run with the queue's lock held, so they must not wait and must not log.

Three things are different here from a plain `queue.Queue`:

* `get()` hands over *all* that is waiting, as a list. The busier the server, the longer the
  lists, and the less a message costs. The threads' loops do not notice.
* A bound counts bytes, not items: items carry a `size`, and `_qsize` adds them up.
* The outbound queue never makes anyone wait: what does not fit raises `queue.Full`.
"""

from __future__ import annotations

import queue
from typing import Any

from msgproxy.limits import Limits
from msgproxy.snapshot import Look


class BatchQueue(queue.Queue[Any]):
    """A queue whose `get()` returns everything that is waiting, and whose size is in bytes."""

    def _init(self, maxsize: int) -> None:  # noqa: ARG002  (the base class keeps it)
        self._waiting: list[Any] = []
        self._bytes = 0

    def _qsize(self) -> int:
        return self._bytes

    def _put(self, item: Any) -> None:
        assert item.size > 0, "a queue of items without size would count as empty"
        self._waiting.append(item)
        self._bytes += item.size

    def _get(self) -> list[Any]:
        everything = self._waiting
        self._waiting, self._bytes = [], 0
        return everything


class InboundQueue(BatchQueue):
    """What all readers put and the broker takes. Full, it makes the readers wait.

    A reader that waits here does not read from its socket; so the socket's buffers fill, and
    TCP makes the client wait. That is back-pressure: nobody had to send a word about it.
    It ends with `Stopped`.
    """

    def _get(self) -> list[Any]:
        everything = super()._get()
        # get() wakes one waiting reader, as it makes room for one item. Now there is room for all.
        self.not_full.notify_all()
        return everything


class OutboundQueue(BatchQueue):
    """What waits for one client: the broker puts (and the reader, pongs), the writer takes.

    `put()` never waits: the broker must not. If an item would take the queue over its `limit`
    in bytes, it raises `queue.Full`. The last item always fits: a bounded queue that is full
    could not take its own end mark. After the last item, nothing is taken in any more.
    """

    def __init__(self, limit: int) -> None:
        super().__init__()  # without the base class's bound, which is one to wait at
        self.limit = limit

    def _init(self, maxsize: int) -> None:
        super()._init(maxsize)
        self._has_last = False

    def _put(self, item: Any) -> None:
        if self._has_last:
            return
        if not item.is_last and self._bytes + item.size > self.limit:
            raise queue.Full
        super()._put(item)
        self._has_last = item.is_last


class Unheard(queue.Queue[Any]):
    """Takes in everything, and keeps nothing: what is put here, nobody ever takes."""

    def _put(self, item: Any) -> None:
        """Forget it."""


class Queues:
    """Makes a server's queues. Override it to see, slow down or reorder what threads exchange.

    What it returns may be any `queue.Queue` whose `get()` returns a list with at least one item.
    `put()` of an outbound queue must not wait; it raises `queue.Full` to have the client cut off.
    """

    def inbound(self, limits: Limits) -> queue.Queue[Any]:
        """Make the one queue from all readers to the broker."""
        return InboundQueue(limits.inbound_limit)

    def outbound(self, limits: Limits, number: int) -> queue.Queue[Any]:  # noqa: ARG002
        """Make the queue to the writer of session `number`."""
        return OutboundQueue(limits.outbound_limit)

    def bridge(self, limits: Limits) -> queue.Queue[Any]:
        """Make the queue to the writer of a bridge. (Its `put()` must not raise `queue.Full`.)"""
        from msgproxy.bridge.backlog import DropOldestQueue  # which is one of ours

        return DropOldestQueue(limits.outbound_limit)

    def stopping(self) -> None:
        """Hear that the server stops. The accepting thread calls it before it joins any other."""

    @property
    def can_be_watched(self) -> bool:
        """Whether `viewer` makes queues: if not, there is no `/trace`."""
        return False

    def viewer(self, look: Look, target: str) -> queue.Queue[Any]:
        """Make the queue to the writer of one who watches: `target` says what it asked for.

        `look` tells how it stands with the server, at any time, to any thread.
        """
        raise NotImplementedError(f"nothing to see at {target}, and nothing to {look} at")
