"""The queues, where threads meet.

Rule: each queue is a `queue.Queue` with other hooks (`_init`, `_qsize`, `_put`, `_get`, and
`_take_all`, which is ours). Hooks run with the queue's lock held, so they must not wait and must
not log.

Three things differ from a plain `queue.Queue`:

* `take_all()` hands over everything that is waiting, as a list. The busier the server, the longer
  the lists, and the less a message costs.
* A bound counts bytes, not items: each item has a `size`.
* The outbound queue never makes anyone wait: an item that does not fit raises `queue.Full`.

Besides the hooks, `BatchQueue` overrides `qsize`, since `_qsize` counts bytes here; and `put` and
`get`, to let observers see them, and because of the price of a hand-over. In `queue.Queue`, a
thread waits for an item by a `Condition`. That is a Python program of its own: to wait and to wake
costs more than all the rest. Here it waits at a *bell*, a lock that is locked while there is
nothing to take. (For room on a full queue, a thread waits by a `Condition` here, too.)

To see, record, slow down or reorder what crosses between threads, give the server another
`Queues`, and change nothing else. (What only looks can be an *observer*, see `observers`.)
"""

from __future__ import annotations

import functools
import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import Any, Generic, Protocol, TypeVar

from msgproxy.events import Event, OutgoingBatch
from msgproxy.limits import Limits
from msgproxy.observers import Observers, QueueObserver
from msgproxy.snapshot import TakeSnapshot


class Sized(Protocol):
    """What can be put on a `BatchQueue`."""

    @property
    def size(self) -> int:
        """Bytes that it counts on the queue: more than 0, or it would count as nothing."""


T = TypeVar("T", bound=Sized)
Q = TypeVar("Q", bound="BatchQueue[Any]")


class BatchQueue(queue.Queue[T], Generic[T]):
    """A queue that hands over everything that waits, and is bounded in bytes.

    What ends it is a last item. (`shutdown`, of Python 3.13, wakes no thread that waits to take.)
    """

    name = ""
    """What `Queues.wrap` calls it: "inbound", or "outbound-3" for client 3."""

    observers = Observers()
    """Those of its server. A queue that no server has made has none."""

    def _init(self, maxsize: int) -> None:  # noqa: ARG002  (the base class keeps it)
        self._waiting: list[T] = []
        self._bytes = 0
        self._bell = threading.Lock()
        self._bell.acquire()

    def _qsize(self) -> int:
        return self._bytes  # `full` and `empty` compare it with `maxsize`, and with 0

    def _put(self, item: T) -> None:
        assert item.size > 0, "a queue of items without size would count as empty"
        self._waiting.append(item)
        self._bytes += item.size
        for observer in self.observers.active:
            observer.on_put(self, item)

    def _get(self) -> T:
        item = self._waiting.pop(0)  # slow if much is waiting: `take_all` is for that
        self._bytes -= item.size
        return item

    def _take_all(self) -> list[T]:
        """Hook: remove what `take_all` returns. Called with at least one item waiting."""
        taken = self._waiting
        self._waiting, self._bytes = [], 0
        return taken

    def _drop(self, items: Sequence[T]) -> None:
        """Say that the queue has dropped something. Call it with the lock held."""
        for observer in self.observers.active:
            observer.on_drop(self, items)

    def put(self, item: T, block: bool = True, timeout: float | None = None) -> None:
        """Put an item, as `queue.Queue.put` does; observers see it."""
        around = self._observed_put(item) if self.observers.active else self.mutex
        with around:
            if 0 < self.maxsize <= self._bytes:
                self._wait_for_room(timeout if block else 0)
            self._put(item)
            self.unfinished_tasks += 1
            if self._bell.locked():
                self._bell.release()

    def take_all(self, timeout: float | None = None) -> list[T]:
        """Wait until something is here, then take everything, oldest first.

        Raise `queue.Empty` if there is nothing for `timeout` seconds.
        """
        return self._observed_take(timeout)

    def get(self, block: bool = True, timeout: float | None = None) -> T:
        """Take one item, as `queue.Queue.get` does; observers see it."""
        [item] = self._observed_take(timeout if block else 0, one=True)
        return item

    def _observed_take(self, timeout: float | None, one: bool = False) -> list[T]:
        if not self.observers.active:
            return self._wait_and_take(timeout, one)
        with self._around(lambda observer: observer.around_take(self)):
            return self._wait_and_take(timeout, one)

    def _wait_and_take(self, timeout: float | None, one: bool) -> list[T]:
        while self._bell.acquire(True, -1 if timeout is None else max(0, timeout)):
            with self.mutex:
                if self._waiting:  # otherwise another thread was faster, or a hook dropped it
                    return self._take_now(one)
        raise queue.Empty

    def _take_now(self, one: bool) -> list[T]:
        try:
            taken = [self._get()] if one else self._take_all()
        finally:
            if self._waiting and self._bell.locked():
                self._bell.release()
        if self.maxsize > 0:
            self.not_full.notify_all()  # not one: there may be room for all
        for observer in self.observers.active:
            observer.on_take(self, taken)
        return taken

    def _wait_for_room(self, timeout: float | None) -> None:
        if not self.not_full.wait_for(lambda: self._bytes < self.maxsize, timeout):
            raise queue.Full

    def _observed_put(self, item: T) -> ExitStack:
        around = self._around(lambda observer: observer.around_put(self, item))
        around.enter_context(self.mutex)
        return around

    def _around(self, enter: Callable[[QueueObserver], AbstractContextManager[None]]) -> ExitStack:
        with ExitStack() as around:
            for observer in self.observers.active:
                around.enter_context(enter(observer))
            return around.pop_all()

    # Called by any thread. Without the lock, so what they say may be a moment old.

    def qsize(self) -> int:
        """Return how many items are waiting."""
        return len(self._waiting)

    @property
    def bytes_waiting(self) -> int:
        """How much is waiting: the sum of the items' sizes."""
        return self._bytes


class InboundQueue(BatchQueue[Event]):
    """All readers put on it, and the broker takes. Full, it makes the readers wait.

    A reader that waits here does not read from its socket. So the socket's buffers fill, and TCP
    makes the client wait. That is back-pressure: nobody had to send a word about it.
    The last item is `Stopped`.
    """


class OutboundQueue(BatchQueue[OutgoingBatch]):
    """What waits for one client: the broker puts (and its reader, pongs), its writer takes.

    `put()` never waits, since the broker must not. If an item would take the queue over its
    `limit` in bytes, `put` raises `queue.Full`. The last item always fits: otherwise a full
    queue could not take its own end mark. After the last item, the queue drops whatever comes.

    The last item is taken alone. So the writer comes back once more before it, and everything
    that was put before the end is known to be sent.
    """

    def __init__(self, limit: int) -> None:
        super().__init__()  # without the base class's bound, at which a thread would wait
        self.limit = limit

    def _init(self, maxsize: int) -> None:
        super()._init(maxsize)
        self._has_last = False

    def _put(self, item: OutgoingBatch) -> None:
        if self._has_last:
            self._drop([item])
            return
        if not item.is_last and self._bytes + item.size > self.limit:
            raise queue.Full
        super()._put(item)
        self._has_last = item.is_last

    def _take_all(self) -> list[OutgoingBatch]:
        taken = super()._take_all()
        if self._has_last and len(taken) > 1:
            last = taken.pop()
            self._waiting, self._bytes = [last], last.size
        return taken


class Queues:
    """Makes a server's queues. Override a method to see or change what threads exchange.

    One that is given other `queues` makes theirs. So they can be stacked: a recording of queues
    at which a schedule decides, say. An instance serves one server.
    """

    inner: Queues | None = None

    def __init__(self, queues: Queues | None = None) -> None:
        self.inner = queues

    def inbound(self, limits: Limits) -> BatchQueue[Event]:
        """Make the one queue from all readers to the broker."""
        return self.inner.inbound(limits) if self.inner else InboundQueue(limits.inbound_limit)

    def outbound(self, limits: Limits, number: int) -> BatchQueue[OutgoingBatch]:
        """Make the queue to the writer of session `number`.

        Its `put()` must not wait: it raises `queue.Full` to have the client cut off.
        """
        if self.inner:
            return self.inner.outbound(limits, number)
        return OutboundQueue(limits.outbound_limit)

    def wrap(self, made: Q, name: str) -> Q:
        """Return a queue that the server has just made, changed or as it is.

        It is called for every queue, also for that of a bridge. `name` is "inbound", or
        "outbound-3" for client 3, or "outbound-0" for a bridge.
        """
        if self.inner:
            return self.inner.wrap(made, name)
        made.name, made.observers = name, self.observers
        return made

    @functools.cached_property
    def observers(self) -> Observers:
        """Those of all queues that this object makes or wraps."""
        return self.inner.observers if self.inner else Observers()

    def on_stopping(self) -> None:
        """React to the stop. The accepting thread calls it before it joins any other."""
        if self.inner:
            self.inner.on_stopping()

    @property
    def allows_viewers(self) -> bool:
        """Whether `viewer_queue` makes queues. If not, there is no `/trace`."""
        return self.inner is not None and self.inner.allows_viewers

    def viewer_queue(self, take_snapshot: TakeSnapshot, target: str) -> BatchQueue[OutgoingBatch]:
        """Make the queue to the writer of a viewer that asked for `target`.

        `take_snapshot` returns the state of the server; any thread may call it at any time.
        """
        if self.inner is None:
            raise NotImplementedError(f"{self} does not allow viewers: {target}, {take_snapshot}")
        return self.inner.viewer_queue(take_snapshot, target)
