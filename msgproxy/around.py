"""Queues that are other queues, with something before them.

Rule: whatever is put before, the queues stay what they are, of whatever class. So one can be
recorded, and wait for its turn, and be somebody's own, all at once.
"""

from __future__ import annotations

import functools
import queue
from typing import Any, TypeVar

from msgproxy.limits import Limits
from msgproxy.queues import Queues
from msgproxy.snapshot import Look

Q = TypeVar("Q", bound=queue.Queue[Any])


class QueuesAround(Queues):
    """Makes the queues that other `queues` make: override what is to be different about them."""

    def __init__(self, queues: Queues | None = None) -> None:
        self._queues = queues or Queues()

    def inbound(self, limits: Limits) -> queue.Queue[Any]:
        """Make the inbound queue, as it is."""
        return self._queues.inbound(limits)

    def outbound(self, limits: Limits, number: int) -> queue.Queue[Any]:
        """Make an outbound queue, as it is."""
        return self._queues.outbound(limits, number)

    def bridge(self, limits: Limits) -> queue.Queue[Any]:
        """Make the queue to a bridge, as it is."""
        return self._queues.bridge(limits)

    def stopping(self) -> None:
        """Pass it on."""
        self._queues.stopping()

    @property
    def can_be_watched(self) -> bool:
        """Whether the others can."""
        return self._queues.can_be_watched

    def viewer(self, look: Look, target: str) -> queue.Queue[Any]:
        """Make the queue of a viewer, as it is."""
        return self._queues.viewer(look, target)


def put_before(first: type[Q], made: queue.Queue[Any]) -> Q:
    """Give a queue another class: its own, with `first` before it.

    It stays the same object, with what is on it; so it can be one of any class.
    """
    made.__class__ = _joined(first, type(made))  # type: ignore[arg-type]  # classes can be hashed
    assert isinstance(made, first)
    return made


@functools.cache
def _joined(first: type[Q], own: type[queue.Queue[Any]]) -> type[Q]:
    return type(f"{first.__name__}{own.__name__}", (first, own), {})
