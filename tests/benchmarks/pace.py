"""When a sender may send: two kinds of pace.

Rule: a pace only says how many messages a sender may have sent by now; it sends nothing itself.
"""

from __future__ import annotations

import math
import time
from typing import Protocol

IDLE = 0.05
"""Seconds to wait at most when nothing is due: bounds how late the end of a run is noticed."""


class Pace(Protocol):
    """How fast senders are allowed to be."""

    def allowed(self, sender: int, acknowledged: int, now: float) -> int:
        """Return how many messages a sender may have sent in all, by now."""

    def wait(self, now: float) -> float:
        """Return how many seconds to wait at most for something to arrive."""


class Window:
    """As fast as the server can: a sender goes on when *every* receiver has heard it.

    Were it enough that one receiver has, a server could look fast by serving that one first and
    letting the others wait, with more and more to remember.
    """

    def __init__(self, size: int) -> None:
        self._size = size

    def allowed(self, sender: int, acknowledged: int, now: float) -> int:  # noqa: ARG002
        return acknowledged + self._size

    def wait(self, now: float) -> float:  # noqa: ARG002
        return IDLE


class Rate:
    """So many messages a second, by turns, whether or not the server keeps up."""

    def __init__(self, rate: int, senders: int) -> None:
        self._interval = 1 / rate
        self._senders = senders
        self._began = time.perf_counter()

    def allowed(self, sender: int, acknowledged: int, now: float) -> int:  # noqa: ARG002
        turns = math.floor((now - self._began) / self._interval)
        return max(0, (turns - sender - 1) // self._senders + 1)

    def wait(self, now: float) -> float:
        past = (now - self._began) % self._interval
        return self._interval - past
