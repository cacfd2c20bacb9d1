"""Stand-ins for what threads wait at: they say why one would have to wait, and never wait.

Rule: a level imports them under the names of the real ones. Each holds the real object, and calls
it without waiting. So if what it says about waiting is ever wrong, the run ends with an error.

They have the methods that levels need. Timeouts are absent on purpose: how long a thread waits
is nothing that an order of steps can show.
"""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Callable
from types import FrameType, SimpleNamespace
from typing import TYPE_CHECKING, Any

from . import LevelError

if TYPE_CHECKING:
    from .thread import LevelThread


def here() -> LevelThread | None:
    """Return the level's thread that runs this, if it is one."""
    thread = threading.current_thread()
    return thread if hasattr(thread, "stand") else None  # type: ignore[return-value]


def name_here() -> str:
    """Return the name of the thread that runs this."""
    return threading.current_thread().name


NO_TIMEOUTS = "how long a thread waits is nothing that an order of steps can show"


class NoStandIn(LevelError, AttributeError):
    """Something that the real object has."""


class StandIn:
    """Whatever a stand-in lacks is an error of the level, and no broken promise."""

    def __getattr__(self, name: str) -> Any:
        raise NoStandIn(f"there is no stand-in for {type(self).__name__}.{name}")


def refuse_timeout(timeout: float | None) -> None:
    """Raise `LevelError` if there is one."""
    if timeout is not None and timeout >= 0:
        raise LevelError(NO_TIMEOUTS)


class Lock(StandIn):
    """`threading.Lock`, which knows the name of the thread that holds it."""

    def __init__(self) -> None:
        self.holder: str | None = None
        self._real = threading.Lock()

    def why_not(self, method: str, text: str, name: str) -> str | None:
        """Say why thread `name` cannot call a method now, or return None if it can."""
        if method not in ("__enter__", "acquire") or not self._real.locked():
            return None
        holder = "it holds itself" if self.holder == name else f"{self.holder} holds"
        return f"waits for {text}, which {holder}"

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock."""
        refuse_timeout(timeout)
        if not self._real.acquire(blocking=False):
            if not blocking:
                return False
            raise LevelError(f"{name_here()} would wait for a lock, and nothing has said so")
        self.holder = name_here()
        return True

    def release(self) -> None:
        """Give the lock back."""
        self.holder = None
        self._real.release()

    def locked(self) -> bool:
        """Return whether any thread holds it."""
        return self._real.locked()

    def inside(self) -> tuple[Any, ...]:
        """Return what its state is."""
        return (self.holder,)

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class Condition(StandIn):
    """`threading.Condition`: a list of sleepers, of which the first are woken first."""

    def __init__(self, lock: Lock | None = None) -> None:
        self._lock = lock or Lock()
        self._is_real_one_reentrant = lock is None
        self._sleeping: list[str] = []
        self.acquire, self.release = self._lock.acquire, self._lock.release

    def why_not(self, method: str, text: str, name: str) -> str | None:
        """Say why thread `name` cannot call a method now. (To fall asleep is always possible.)"""
        if method == "woken" and name in self._sleeping:
            return f"sleeps until somebody notifies {text}"
        entering = "__enter__" if method == "woken" else method
        if self._is_real_one_reentrant and self._lock.holder == name and entering != "wait":
            raise LevelError(f"{name} enters {text} twice: there is no stand-in for an RLock")
        return self._lock.why_not(entering, f"the lock of {text}", name)

    def wait(self, timeout: float | None = None) -> bool:
        """Give the lock back and sleep; when woken, wait for the lock. That is one more stop."""
        refuse_timeout(timeout)
        self._must_hold("wait")
        self._sleeping.append(name_here())
        self.release()
        if thread := here():
            thread.stand_within(self, "woken", sys._getframe(1))
        return self.acquire()

    def wait_for(self, predicate: Callable[[], Any], timeout: float | None = None) -> Any:
        """Wait until the predicate holds."""
        refuse_timeout(timeout)
        while not (result := predicate()):
            self.wait()
        return result

    def notify(self, n: int = 1) -> None:
        """Wake the first `n` sleepers."""
        self._must_hold("notify")
        del self._sleeping[:n]

    def notify_all(self) -> None:
        """Wake all sleepers."""
        self.notify(len(self._sleeping))

    def inside(self) -> tuple[Any, ...]:
        """Return what its state is."""
        return (self._lock, list(self._sleeping))

    def __enter__(self) -> bool:
        return self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def _must_hold(self, what: str) -> None:
        if self._lock.holder != name_here():
            raise RuntimeError(f"cannot {what} on un-acquired lock")


class Queue(StandIn):
    """`queue.Queue`, or another class of queues, of which this one holds a real one."""

    real_class: Callable[..., Any] = queue.Queue

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.real = type(self).real_class(*args, **kwargs)
        self.empty, self.full, self.qsize = self.real.empty, self.real.full, self.real.qsize

    def why_not(self, method: str, text: str, name: str) -> str | None:  # noqa: ARG002
        """Say why a thread cannot call a method now, or return None if it can."""
        if method in ("get", "take_all") and self.real.empty():
            return f"waits for something on {text}"
        if method == "put" and self.real.full():
            return f"waits for room on {text}"
        return None

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Put an item; there is room. Without `block`, raise `queue.Full` if there is none."""
        refuse_timeout(timeout)
        self._stop_in_package("put" if block else "put_nowait", sys._getframe(1))
        if block and self.real.full():
            raise LevelError(f"{name_here()} would wait for room, and nothing has said so")
        self._put(item, sys._getframe(1))

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Take the first item; there is one. Without `block`, raise `queue.Empty` if not."""
        refuse_timeout(timeout)
        return self._take("get" if block else "get_nowait", sys._getframe(1))

    def take_all(self) -> Any:
        """Take all items; there is one at least."""
        return self._take("take_all", sys._getframe(1))

    def put_nowait(self, item: Any) -> None:
        """Put an item, or raise `queue.Full`."""
        self._stop_in_package("put_nowait", sys._getframe(1))
        self._put(item, sys._getframe(1))

    def get_nowait(self) -> Any:
        """Take an item, or raise `queue.Empty`."""
        return self._take("get_nowait", sys._getframe(1))

    def inside(self) -> tuple[Any, ...]:
        """Return what its state is: all but the locks of the real one."""
        locks = (type(threading.Lock()), threading.Condition)
        return tuple(sorted((k, v) for k, v in vars(self.real).items() if not isinstance(v, locks)))

    def _put(self, item: Any, frame: FrameType) -> None:
        try:
            self.real.put_nowait(item)
        except queue.Full as error:
            self._note(error, frame)
            raise

    def _take(self, method: str, frame: FrameType) -> Any:
        self._stop_in_package(method, frame)
        if method != "get_nowait" and self.real.empty():
            raise LevelError(f"{name_here()} would wait for an item, and nothing has said so")
        try:
            taken = getattr(self.real, method)()
        except queue.Empty as error:
            self._note(error, frame)
            raise
        self._note(taken, frame)
        return taken

    def _note(self, given: Any, frame: FrameType) -> None:
        if thread := here():
            thread.remember(frame, given)

    def _stop_in_package(self, method: str, frame: FrameType) -> None:
        """In code that is not woven no line has stopped, so this is the stop."""
        thread = here()
        if thread and not thread.is_woven(frame):
            thread.stand_within(self, method, frame)


def queue_like(real_class: Callable[..., Any]) -> type[Queue]:
    """Return a stand-in for another class of queues."""
    return type(f"{real_class.__name__}", (Queue,), {"real_class": staticmethod(real_class)})


class Thread(StandIn):
    """`threading.Thread` of a level: what it will run. The run starts the real one."""

    def __init__(
        self,
        target: Callable[..., None],
        name: str,
        args: tuple[Any, ...] = (),
        daemon: bool = False,
    ) -> None:
        self.target, self.name, self.args, self.daemon = target, name, args, daemon
        self.is_over = False

    def why_not(self, method: str, text: str, name: str) -> str | None:  # noqa: ARG002
        """Say why it cannot be joined now."""
        waits = method == "join" and not self.is_over
        return f"waits for the end of {self.name}" if waits else None

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end; it has ended."""
        refuse_timeout(timeout)
        if not self.is_over:
            raise LevelError(f"{name_here()} would wait for {self.name}, and nothing has said so")

    def is_alive(self) -> bool:
        """Return whether it has not ended."""
        return not self.is_over

    def inside(self) -> tuple[Any, ...]:
        """Return what its state is."""
        return (self.name, self.is_over)


STAND_INS = (Lock, Condition, Queue, Thread)

MODULES = {
    "threading": SimpleNamespace(Lock=Lock, Condition=Condition, Thread=Thread),
    "queue": SimpleNamespace(Queue=Queue, Full=queue.Full, Empty=queue.Empty),
}
"""What a level gets in place of modules of the standard library."""

SEEN_THROUGH = frozenset({Condition.wait_for.__code__})
"""Code between a line and what it calls, which remembers nothing of its own."""
