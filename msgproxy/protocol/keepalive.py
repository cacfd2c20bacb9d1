"""Whether a client that says nothing is still there.

Rule: whatever byte comes is a sign of life. A client that is silent for the ping interval is
sent a ping; if it stays silent for the ping timeout after that, it is dead. A connection of
which only one end is left (half-open) is not noticed in any other way.

The time runs from when the ping was *sent*. It may have to wait behind other frames; meanwhile
the writer's own timeout watches whether the client takes them. So the writer notes the moment,
and the reader looks at it: a number that one thread writes, and that may be seen a bit late.
"""

from __future__ import annotations

import time
from collections.abc import Container

from msgproxy.events import Farewell
from msgproxy.limits import Limits
from msgproxy.protocol.frames import PING, Control


class Pulse:
    """Feels for a sign of life of one client."""

    def __init__(self, limits: Limits) -> None:
        self._interval = limits.ping_interval
        self._timeout = limits.ping_timeout
        self._is_pinged = False
        self._sent_at: float | None = None

    # Called by the reader thread.

    def patience(self) -> float:
        """Return for how many seconds to wait for the client's next byte."""
        if not self._is_pinged:
            return self._interval
        if self._sent_at is None:  # it still waits behind other frames
            return self._timeout
        return self._sent_at + self._timeout - time.monotonic()

    def beat(self) -> None:
        """Note a sign of life."""
        self._is_pinged = False

    def falter(self) -> list[Control | Farewell]:
        """Return what follows when the client has been silent for as long as that."""
        if not self._is_pinged:
            self._sent_at = None  # before the flag, at which the writer looks first
            self._is_pinged = True
            return [Control(PING)]
        if self._sent_at is None or self.patience() > 0:
            return []
        return [Farewell(1006, f"silent for {self._timeout:g} s after a ping")]

    # Called by the writer thread.

    def note_sent(self, frames: Container[bytes]) -> None:
        """Note the time if a ping is among what was sent."""
        if self._is_pinged and self._sent_at is None and PING in frames:
            self._sent_at = time.monotonic()
