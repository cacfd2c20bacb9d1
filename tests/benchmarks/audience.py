"""Whether every client has received everything: the check of what arrives.

Rule: nothing that arrives goes unchecked, and yet the check must cost next to nothing; otherwise
the load would be measured and not the server.

Both are possible because clients that sent nothing must receive *the very same bytes*, in the
order that the server gave to all messages. They are one audience. What the first of them receives
is written down, and read message by message once. All others only have to receive what is written
there, and to compare bytes is a thousand times faster than to read them. Each sender, which
receives what the others send, is an audience of its own.
"""

from __future__ import annotations

from operator import attrgetter
from socket import socket

from wire import Layout

KEPT = 1024 * 1024
"""Bytes that all have received and that are kept nevertheless, to drop them in one go."""


class Listener:
    """A client that listens; `position` is how many bytes it has received."""

    __slots__ = ("audience", "position", "socket")

    def __init__(self, sock: socket) -> None:
        self.socket = sock
        self.position = 0
        self.audience: Audience


class Tally:
    """What is wrong with a sequence of messages. If nothing is, all numbers are exactly 0."""

    def __init__(self, expected: list[int]) -> None:
        self.expected = expected
        self.missing: set[tuple[int, int]] = set()
        self.duplicated = 0
        self.reordered = 0

    def note(self, sender: int, number: int) -> None:
        """Count a message that was not the one expected of its sender."""
        if number >= self.expected[sender]:
            skipped = range(self.expected[sender], number)
            self.missing.update((sender, other) for other in skipped)
            self.expected[sender] = number + 1
        elif (sender, number) in self.missing:
            self.missing.discard((sender, number))
            self.reordered += 1
        else:
            self.duplicated += 1


class Audience:
    """Clients that must receive the very same bytes, each at its own pace."""

    def __init__(
        self, layout: Layout, senders: int, listeners: list[Listener], deaf_to: int | None = None
    ) -> None:
        self.acknowledged = [0] * senders
        """How many messages of each sender every listener has."""
        self.order = bytearray()
        """Who sent each message: one byte for each."""
        self.sent_at: list[float] = []
        self.tally = Tally([0] * senders)
        self.listeners = listeners
        self.deaf_to = deaf_to  # the sender that is this audience: it must not hear itself
        self._frame = layout.frame_size
        self._layout = layout
        self._written = bytearray()  # what came first, without what was dropped
        self._start = 0  # how much was dropped
        self._settled = 0  # messages that all have, as counted last
        self._next = self._frame  # position at which a listener has one more than that
        self._lagging = len(listeners)  # listeners before that position
        for listener in listeners:
            listener.audience = self

    def hear(self, listener: Listener, chunk: memoryview) -> bool:
        """Check what a listener has received; return False if the others have something else."""
        here = listener.position - self._start
        known = len(self._written) - here
        if not self._written.startswith(chunk, here):
            if known >= len(chunk) or not self._written.startswith(chunk[:known], here):
                return False
            self._write(chunk[known:])
        self._lagging -= listener.position < self._next <= listener.position + len(chunk)
        listener.position += len(chunk)
        return True

    def settle(self) -> bool:
        """Bring `acknowledged` up to date; return whether it has changed."""
        # Only when the last listener has one message more is there anything to count.
        if self._lagging:
            return False
        settled = min(map(attrgetter("position"), self.listeners)) // self._frame
        for sender in range(len(self.acknowledged)):
            self.acknowledged[sender] += self.order.count(sender, self._settled, settled)
        self._settled = settled
        self._count_lagging()
        if settled * self._frame - self._start > KEPT:
            del self._written[: settled * self._frame - self._start]
            self._start = settled * self._frame
        return True

    def _count_lagging(self) -> None:
        self._next = (self._settled + 1) * self._frame
        self._lagging = sum(listener.position < self._next for listener in self.listeners)

    def missed(self) -> int:
        """Return how many messages listeners lack that another one has."""
        received = len(self.order)
        return sum(received - listener.position // self._frame for listener in self.listeners)

    def split(self, listener: Listener) -> Audience:
        """Make an audience of a listener that receives something else than the others.

        That is wrong in itself, and counted as such. What it receives is checked by itself.
        """
        heard = listener.position // self._frame
        alone = Audience(self._layout, len(self.acknowledged), [listener])
        alone.order, alone.sent_at = self.order[:heard], self.sent_at[:heard]
        alone.tally.expected = [alone.order.count(s) for s in range(len(self.acknowledged))]
        alone._start = heard * self._frame
        unfinished = slice(alone._start - self._start, listener.position - self._start)
        alone._written += self._written[unfinished]
        self.listeners.remove(listener)
        self._count_lagging()
        alone._count_lagging()
        return alone

    def _write(self, new: memoryview) -> None:
        begin = len(self.order) * self._frame - self._start
        self._written += new
        end = len(self._written) // self._frame * self._frame
        expected = self.tally.expected
        for sender, number, sent_at in self._layout.decode(self._written[begin:end]):
            self.order.append(sender)
            self.sent_at.append(sent_at)
            if number == expected[sender]:
                expected[sender] += 1
            else:
                self.tally.note(sender, number)
