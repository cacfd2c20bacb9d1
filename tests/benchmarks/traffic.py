"""Messages through a server: how many, or how late.

Rule: one loop sends and receives for all clients, and never waits for one of them. A run ends
when every receiver has every message, and the time until then counts.
"""

from __future__ import annotations

import math
import select
import selectors
import socket
import time
from typing import Protocol

from audience import Audience, Listener
from results import Flaws
from scenarios import Scenario
from wire import Layout, ServerFailed

RECV_SIZE = 1024 * 1024
"""Bytes to receive at once, at most."""

SILENCE = 3.0
"""Seconds without anything received after which what is missing counts as lost."""

FEWEST = 2
"""Messages of each sender, even if the time is over before, as on a busy machine: percentiles need
two."""


class Poller:
    """Waits for sockets, with `epoll` itself where there is one.

    `selectors` makes an object for each event, which costs as much as to receive a message: a load
    that does it is slower than some of the servers that it measures.
    """

    def __init__(self) -> None:
        self._epoll = select.epoll() if hasattr(select, "epoll") else None
        self._selector = None if self._epoll else selectors.DefaultSelector()
        self._listeners: dict[int, Listener] = {}

    def add(self, listener: Listener) -> None:
        """Wait for it to become readable."""
        self._listeners[listener.socket.fileno()] = listener
        if self._epoll:
            self._epoll.register(listener.socket, select.EPOLLIN)
        elif self._selector:
            self._selector.register(listener.socket, selectors.EVENT_READ)

    def also_write(self, listener: Listener, wanted: bool) -> None:
        """Wait for it to become writable as well, or not any more."""
        if self._epoll:
            events = select.EPOLLIN | select.EPOLLOUT if wanted else select.EPOLLIN
            self._epoll.modify(listener.socket, events)
        elif self._selector:
            both = selectors.EVENT_READ | (selectors.EVENT_WRITE if wanted else 0)
            self._selector.modify(listener.socket, both)

    def wait(self, seconds: float) -> list[Listener]:
        """Return what is readable, after that time at the latest."""
        if self._epoll:
            writable = select.EPOLLOUT
            ready = self._epoll.poll(seconds)
            return [self._listeners[file] for file, events in ready if events != writable]
        assert self._selector
        readable = self._selector.select(seconds)
        return [self._listeners[key.fd] for key, events in readable if events & 1]

    def close(self) -> None:
        """Stop waiting. The sockets stay open."""
        (self._epoll or self._selector).close()  # type: ignore[union-attr]


class Sender:
    """A client that sends. It listens as well, as an audience of its own."""

    def __init__(self, number: int, listener: Listener, layout: Layout) -> None:
        self.number = number
        self.listener = listener
        self.sent = 0
        self.unsent = bytearray()
        self._layout = layout

    def speak(self, allowed: int) -> None:
        """Send until it is `allowed` messages in all, as far as the socket takes them."""
        now = time.perf_counter()
        for number in range(self.sent, allowed):
            self.unsent += self._layout.encode(self.number, number, now)
        self.sent = allowed
        try:
            gone = self.listener.socket.send(self.unsent)
        except BlockingIOError:
            return
        del self.unsent[:gone]


class Traffic:
    """One run of a scenario with messages."""

    def __init__(self, clients: list[socket.socket], scenario: Scenario, pace: Pace) -> None:
        layout, senders = Layout(scenario.size), scenario.senders
        self.listeners = [Listener(client) for client in clients]
        speaking, silent = self.listeners[:senders], self.listeners[senders:]
        self.senders = [Sender(number, one, layout) for number, one in enumerate(speaking)]
        self.crowd = Audience(layout, senders, silent)
        self.audiences = [self.crowd]
        self.audiences += [Audience(layout, senders, [s.listener], s.number) for s in self.senders]
        self.latencies: list[float] = []
        self.last_heard = 0.0
        self._frame = layout.frame_size
        self._keeps_latencies = scenario.rate > 0
        self._pace = pace
        self._acknowledged = [0] * senders
        self._poller = Poller()
        self._buffer = memoryview(bytearray(RECV_SIZE))

    @property
    def deliveries(self) -> int:
        """How many messages were received, over all receivers."""
        return sum(listener.position // self._frame for listener in self.listeners)

    def run(self, seconds: float) -> None:
        """Let the senders send for some seconds, and wait until all have received everything."""
        for listener in self.listeners:
            listener.socket.setblocking(False)
            self._poller.add(listener)
        now = self.last_heard = time.perf_counter()
        until, may_speak = now + seconds, True
        while (goes_on := self._goes_on(now < until)) or not self._is_all_heard():
            if now > max(until, self.last_heard + SILENCE):
                break  # what has not come by now is lost
            if may_speak:
                for sender in self.senders:
                    self._let_speak(sender, now, goes_on)
            may_speak = self._listen(self._pace.wait(now)) or self._pace.follows_clock
            may_speak = may_speak or any(sender.unsent for sender in self.senders)
            now = time.perf_counter()
        self._poller.close()

    def _goes_on(self, has_time: bool) -> bool:
        return has_time or any(sender.sent < FEWEST for sender in self.senders)

    def _is_all_heard(self) -> bool:
        return self._acknowledged == [sender.sent for sender in self.senders]

    def _let_speak(self, sender: Sender, now: float, may_go_on: bool) -> None:
        allowed = sender.sent
        if may_go_on:
            acknowledged = self._acknowledged[sender.number]
            allowed = max(allowed, self._pace.allowed(sender.number, acknowledged, now))
        if allowed > sender.sent or sender.unsent:
            was_stuck = bool(sender.unsent)
            sender.speak(allowed)
            if was_stuck != bool(sender.unsent):
                self._poller.also_write(sender.listener, wanted=not was_stuck)

    def _listen(self, timeout: float) -> bool:
        """Receive what has come; return whether every receiver has more messages than before."""
        for listener in self._poller.wait(timeout):
            self._receive(listener)
        moved = [audience for audience in self.audiences if audience.settle()]
        if moved:
            self._acknowledged = [self._heard_by_all(sender) for sender in self.senders]
        return bool(moved)

    def _heard_by_all(self, sender: Sender) -> int:
        others = [one for one in self.audiences if one.deaf_to != sender.number]
        return min(audience.acknowledged[sender.number] for audience in others)

    def _receive(self, listener: Listener) -> None:
        received = listener.socket.recv_into(self._buffer)
        self.last_heard = time.perf_counter()
        if not received:
            raise ServerFailed("the server closed a client's connection")
        chunk = self._buffer[:received]
        before = listener.position // self._frame
        if not listener.audience.hear(listener, chunk):
            self.audiences.append(listener.audience.split(listener))
            listener.audience.hear(listener, chunk)
        if self._keeps_latencies:
            after = listener.position // self._frame
            sent_at = listener.audience.sent_at[before:after]
            self.latencies += [self.last_heard - then for then in sent_at]


IDLE = 0.05
"""Seconds to wait at most when nothing is due: it limits how late the end of a run is noticed."""


class Pace(Protocol):
    """When a sender may send. It only says how many messages; it sends nothing itself."""

    follows_clock: bool
    """Whether a sender may send more as time goes by, though nothing has arrived."""

    def allowed(self, sender: int, acknowledged: int, now: float) -> int:
        """Return how many messages a sender may have sent in all, by now."""

    def wait(self, now: float) -> float:
        """Return how many seconds to wait at most for something to arrive."""


class Window:
    """As fast as the server can: a message counts as answered when *every* receiver has it.

    If one receiver were enough, a server could look fast by serving that one first and letting
    the others wait, with more and more to remember.
    """

    follows_clock = False

    def __init__(self, size: int) -> None:
        self._size = size

    def allowed(self, sender: int, acknowledged: int, now: float) -> int:  # noqa: ARG002
        return acknowledged + self._size

    def wait(self, now: float) -> float:  # noqa: ARG002
        return IDLE


class Rate:
    """A number of messages a second, by turns, whether or not the server keeps up."""

    follows_clock = True

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


def flaws_of(run: Traffic) -> Flaws:
    """Count what should not have happened."""
    flaws = Flaws()
    sent = [sender.sent for sender in run.senders]
    for audience in run.audiences:
        _add_flaws(flaws, audience, sent)
        # Messages of one sender are numbered, so the senders in their order are the whole order.
        own = bytes([]) if audience.deaf_to is None else bytes([audience.deaf_to])
        if audience.order != run.crowd.order.translate(None, own):
            flaws.other_order += len(audience.listeners)
    return flaws


def _add_flaws(flaws: Flaws, audience: Audience, sent: list[int]) -> None:
    tally, everyone = audience.tally, len(audience.listeners)
    expected = list(tally.expected)
    if audience.deaf_to is not None:
        flaws.duplicated += expected[audience.deaf_to]
        expected[audience.deaf_to] = sent[audience.deaf_to]
    lost = len(tally.missing) + sum(sent) - sum(expected)
    flaws.lost += lost * everyone + audience.missed()
    flaws.duplicated += tally.duplicated * everyone
    flaws.reordered += tally.reordered * everyone
