"""Whether everyone has heard everything: the check of what arrives.

Rule: nothing that arrives goes unchecked, and yet the check must cost next to nothing, as else
the load would be measured and not the server.

Both are possible because clients that sent nothing have to hear *the very same bytes*, in the
order that the server gave to all messages. They are one audience. The first of them to hear
something writes it down, and only then it is read message by message. All others only have to
hear what is written there, and to compare bytes is a thousand times faster than to read them.
Each sender, who hears what the others say, is an audience of its own.
"""

from __future__ import annotations

from operator import attrgetter
from socket import socket

from wire import Layout

KEPT = 1024 * 1024
"""Bytes that everyone has heard and that are kept all the same, to forget them in one go."""


class Listener:
    """A client that listens; `position` is how many bytes it has heard."""

    __slots__ = ("audience", "position", "socket")

    def __init__(self, sock: socket) -> None:
        self.socket = sock
        self.position = 0
        self.audience: Audience


class Tally:
    """What is wrong with a row of messages. If nothing is, all numbers are 0 exactly."""

    def __init__(self, expected: list[int]) -> None:
        self.expected = expected
        self.missing: set[tuple[int, int]] = set()
        self.duplicated = 0
        self.reordered = 0

    def note(self, sender: int, number: int) -> None:
        """Take up that a message was not the one expected of its sender."""
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
    """Clients that have to hear the very same bytes, each at its own pace."""

    def __init__(
        self, layout: Layout, senders: int, listeners: list[Listener], deaf_to: int | None = None
    ) -> None:
        self.acknowledged = [0] * senders
        """How many messages of each sender every listener has heard."""
        self.order = bytearray()
        """Who sent each message: one byte for each."""
        self.sent_at: list[float] = []
        self.tally = Tally([0] * senders)
        self.listeners = listeners
        self.deaf_to = deaf_to  # the sender whose audience this is: it must not hear itself
        self._frame = layout.frame_size
        self._layout = layout
        self._written = bytearray()  # what was heard first, without what is forgotten
        self._start = 0  # how much is forgotten
        self._settled = 0  # messages that everyone has heard, as counted last
        self._slowest = listeners[0]
        for listener in listeners:
            listener.audience = self

    def hear(self, listener: Listener, chunk: memoryview) -> bool:
        """Take in what a listener has received; return False if the others heard something else."""
        here = listener.position - self._start
        known = len(self._written) - here
        listener.position += len(chunk)
        if self._written.startswith(chunk, here):
            return True
        if known < len(chunk) and self._written.startswith(chunk[:known], here):
            self._write(chunk[known:])
            return True
        listener.position -= len(chunk)
        return False

    def settle(self) -> bool:
        """Bring `acknowledged` up to date; return whether it has changed."""
        # As long as the slowest has not moved, nobody needs to look for it among the others.
        if self._slowest.position // self._frame == self._settled:
            return False
        self._slowest = min(self.listeners, key=attrgetter("position"))
        settled = self._slowest.position // self._frame
        for sender in range(len(self.acknowledged)):
            self.acknowledged[sender] += self.order.count(sender, self._settled, settled)
        self._settled = settled
        if settled * self._frame - self._start > KEPT:
            del self._written[: settled * self._frame - self._start]
            self._start = settled * self._frame
        return True

    def behind(self) -> int:
        """Return how many messages listeners have not heard that another one has."""
        heard = len(self.order)
        return sum(heard - listener.position // self._frame for listener in self.listeners)

    def split(self, listener: Listener) -> Audience:
        """Let a listener go its own way that hears something else than the others.

        That is wrong in itself, and counted as such. What it hears is checked on its own.
        """
        heard = listener.position // self._frame
        alone = Audience(self._layout, len(self.acknowledged), [listener])
        alone.order, alone.sent_at = self.order[:heard], self.sent_at[:heard]
        alone.tally.expected = [alone.order.count(s) for s in range(len(self.acknowledged))]
        alone._start = heard * self._frame
        unfinished = slice(alone._start - self._start, listener.position - self._start)
        alone._written += self._written[unfinished]
        self.listeners.remove(listener)
        if self._slowest is listener:
            self._slowest = min(self.listeners, key=attrgetter("position"))
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
