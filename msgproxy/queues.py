"""The queues, where threads meet.

Rule: each queue is a `queue.Queue` with other hooks (`_init`, `_qsize`, `_put`, `_get`, and
`_take_all`, which is ours). Hooks run with the queue's lock held, so they must not wait and must
not log. `BatchQueue` overrides three more methods: `put`, to let observers see it; `qsize`, since
`_qsize` counts bytes here; and `take_all`, which `queue.Queue` does not have.

Three things differ from a plain `queue.Queue`:

* `take_all()` hands over everything that is waiting, as a list. The busier the server, the longer
  the lists, and the less a message costs.
* A bound counts bytes, not items: each item has a `size`.
* The outbound queue never makes anyone wait: an item that does not fit raises `queue.Full`.

To see, record, slow down or reorder what crosses between threads, give the server another
`Queues`, and change nothing else.
"""

from __future__ import annotations

import contextlib
import functools
import queue
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import Any, Generic, Protocol, TypeVar

from msgproxy.events import Event, OutgoingBatch
from msgproxy.limits import Limits
from msgproxy.snapshot import TakeSnapshot


class Sized(Protocol):
    """What can be put on a `BatchQueue`."""

    @property
    def size(self) -> int:
        """Bytes that it counts on the queue: more than 0, or it would count as nothing."""


T = TypeVar("T", bound=Sized)
Q = TypeVar("Q", bound="BatchQueue[Any]")


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
        """Surround `take_all`, including the time for which it waits."""
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


class BatchQueue(queue.Queue[T], Generic[T]):
    """A queue that hands over everything that waits, and is bounded in bytes."""

    name = ""
    """What `Queues.wrap` calls it: "inbound", or "outbound-3" for client 3."""

    observers = Observers()
    """Those of its server. A queue that no server has made has none."""

    def _init(self, maxsize: int) -> None:  # noqa: ARG002  (the base class keeps it)
        self._waiting: list[T] = []
        self._bytes = 0

    def _qsize(self) -> int:
        return self._bytes  # `queue.Queue` compares it with `maxsize`, and with 0

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
        if not self.observers.active:
            super().put(item, block, timeout)
            return
        with self._around(lambda observer: observer.around_put(self, item)):
            super().put(item, block, timeout)

    def take_all(self, timeout: float | None = None) -> list[T]:
        """Wait until something is here, then take everything, oldest first.

        Raise `queue.Empty` if there is nothing for `timeout` seconds.
        """
        if not self.observers.active:
            return self._wait_and_take(timeout)
        with self._around(lambda observer: observer.around_take(self)):
            return self._wait_and_take(timeout)

    def _around(self, enter: Callable[[QueueObserver], AbstractContextManager[None]]) -> ExitStack:
        with ExitStack() as around:
            for observer in self.observers.active:
                around.enter_context(enter(observer))
            return around.pop_all()

    def _wait_and_take(self, timeout: float | None) -> list[T]:
        with self.not_empty:
            if not self.not_empty.wait_for(self._qsize, timeout):
                raise queue.Empty
            taken = self._take_all()
            # All that wait for room, not just one as in `get`: there is room for all of them.
            self.not_full.notify_all()
            for observer in self.observers.active:
                observer.on_take(self, taken)
            return taken

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
