"""Who looks at what crosses the queues, while they go on as they are.

Rule: an observer changes nothing that crosses a queue. To change something, give the server other
queues. A queue that nobody observes pays one comparison for it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # for the annotations alone: queues know of observers
    from msgproxy.queues import BatchQueue


class QueueObserver:
    """Sees what crosses the queues of a server. It changes nothing, but it can make a thread wait.

    A subclass overrides what it needs. The two context managers surround a call, before the
    queue's lock is taken and after it is released: there an observer may wait, or make its caller
    wait. The other methods run with the lock held, like the queue's hooks.
    """

    def around_put(self, queue: BatchQueue[Any], item: Any) -> AbstractContextManager[None]:  # noqa: ARG002
        """Surround `put`. `queue.Full` passes through it."""
        return contextlib.nullcontext()

    def around_take(self, queue: BatchQueue[Any]) -> AbstractContextManager[None]:  # noqa: ARG002
        """Surround `take_all` or `get`, including the time for which it waits."""
        return contextlib.nullcontext()

    def on_put(self, queue: BatchQueue[Any], item: Any) -> None:
        """Note that an item is on the queue now."""

    def on_take(self, queue: BatchQueue[Any], items: Sequence[Any]) -> None:
        """Note that the current thread has taken these items."""

    def on_drop(self, queue: BatchQueue[Any], items: Sequence[Any]) -> None:
        """Note that the queue has dropped these items: nobody will take them."""


class Observers:
    """The observers of all queues of one server: one object for all of them, so one switch."""

    def __init__(self) -> None:
        self.active: tuple[QueueObserver, ...] = ()
        """Replaced, never changed. A queue that finds it empty has nothing else to do."""

    def add(self, observer: QueueObserver) -> None:
        """Let `observer` see what happens from now on."""
        self.active = (*self.active, observer)

    def remove(self, observer: QueueObserver) -> None:
        """Let `observer` see nothing any more."""
        self.active = tuple(one for one in self.active if one is not observer)
