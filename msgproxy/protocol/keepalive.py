"""Whether a client that says nothing is still there.

Rule: any byte is a sign of life. A client that is silent for the ping interval is sent a ping; if
it stays silent for the ping timeout after that, it is dead. Nothing else reveals a connection of
which only one end is left (half-open).

The timeout runs from when the ping was *sent*: it may have to wait on the outbound queue, and
meanwhile the writer's own timeout checks that the client takes what it is sent. So there are two
moments. The reader asks for a ping, and alone writes the one; the writer sends it, and alone
writes the other. The ping that was asked for has been sent if its moment is the later one.
"""

from __future__ import annotations

import math
import time
from collections.abc import Container

from msgproxy.events import LOST, CloseReason
from msgproxy.limits import Limits
from msgproxy.protocol.frames import PING, ControlFrame

NEVER = -math.inf


class Keepalive:
    """Decides when a client is sent a ping, and when it is dead. Times are monotonic seconds."""

    def __init__(self, limits: Limits) -> None:
        self._interval = limits.ping_interval
        self._timeout = limits.ping_timeout
        self.patience = self._interval
        """For how many seconds to wait for the client's next byte. The reader's."""
        self.asked_at: float | None = None
        """When the reader asked for a ping that has no answer yet. The writer may look."""
        self._sent_at = NEVER
        """When a ping was sent last. The writer's; the reader looks."""

    # Called by the reader thread.

    def on_bytes(self) -> None:
        """Note a sign of life."""
        self.asked_at = None
        self.patience = self._interval

    def on_silence(self) -> list[ControlFrame | CloseReason]:
        """Return what follows when the client has been silent for `patience` seconds."""
        now = time.monotonic()
        if self.asked_at is None:
            self.asked_at = now
            self.patience = self._timeout
            return [ControlFrame(PING)]
        # A ping that still waits on the outbound queue: the timeout has not begun.
        began_at = now if self._sent_at < self.asked_at else self._sent_at
        self.patience = began_at + self._timeout - now
        if self.patience > 0:
            return []
        return [CloseReason(LOST, f"silent for {self._timeout:g} s after a ping")]

    # Called by the writer thread.

    def on_sent(self, frames: Container[bytes]) -> None:
        """Note the time if a ping is among the frames that were sent.

        Only needed while `asked_at` is not None.
        """
        if PING in frames:
            self._sent_at = time.monotonic()
