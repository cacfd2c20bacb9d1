"""Messages through a server: how many, or how late.

Rule: one loop sends and receives for all clients, without ever waiting for one of them. A run
ends when all receivers have heard all messages, and the time until then counts.
"""

from __future__ import annotations

import selectors
import socket
import time

from audience import Audience, Listener
from crowd import ServerFailed
from pace import Pace
from scenarios import Scenario
from wire import Layout

AT_ONCE = 1024 * 1024
"""Bytes to receive at most at a time."""

SILENCE = 3.0
"""Seconds without any receipt after which what is missing counts as lost."""

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class Sender:
    """A client that speaks. It listens as well, as an audience of its own."""

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
        self._selector = selectors.DefaultSelector()
        self._buffer = memoryview(bytearray(AT_ONCE))

    @property
    def deliveries(self) -> int:
        """How many messages have been heard, by whomever."""
        return sum(listener.position // self._frame for listener in self.listeners)

    def run(self, seconds: float) -> None:
        """Let the senders speak for so long, and wait until everyone has heard everything."""
        for listener in self.listeners:
            listener.socket.setblocking(False)
            self._selector.register(listener.socket, READ, listener)
        now = self.last_heard = time.perf_counter()
        until = now + seconds
        while now < until or not self._is_all_heard():
            if now > max(until, self.last_heard + SILENCE):
                break  # what has not come by now is lost
            for sender in self.senders:
                self._let_speak(sender, now, may_go_on=now < until)
            self._listen(self._pace.wait(now))
            now = time.perf_counter()
        self._selector.close()

    def _is_all_heard(self) -> bool:
        return self._acknowledged == [sender.sent for sender in self.senders]

    def _let_speak(self, sender: Sender, now: float, may_go_on: bool) -> None:
        allowed = sender.sent
        if may_go_on:
            acknowledged = self._acknowledged[sender.number]
            allowed = max(allowed, self._pace.allowed(sender.number, acknowledged, now))
        if allowed > sender.sent or sender.unsent:
            sender.speak(allowed)
            events = READ | WRITE if sender.unsent else READ
            self._selector.modify(sender.listener.socket, events, sender.listener)

    def _listen(self, timeout: float) -> None:
        for key, events in self._selector.select(timeout):
            if events & READ:
                self._receive(key.data)
        moved = [audience for audience in self.audiences if audience.settle()]
        if moved:
            self._acknowledged = [self._heard_by_all(sender) for sender in self.senders]

    def _heard_by_all(self, sender: Sender) -> int:
        others = [one for one in self.audiences if one.deaf_to != sender.number]
        return min(audience.acknowledged[sender.number] for audience in others)

    def _receive(self, listener: Listener) -> None:
        received = listener.socket.recv_into(self._buffer)
        self.last_heard = time.perf_counter()
        if not received:
            raise ServerFailed("the server hung up on a client")
        chunk = self._buffer[:received]
        before = listener.position // self._frame
        if not listener.audience.hear(listener, chunk):
            self.audiences.append(listener.audience.split(listener))
            listener.audience.hear(listener, chunk)
        if self._keeps_latencies:
            after = listener.position // self._frame
            sent_at = listener.audience.sent_at[before:after]
            self.latencies += [self.last_heard - then for then in sent_at]
