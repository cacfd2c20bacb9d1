"""Behaviours of `msgproxy check`: which client receives what.

Rule: a behaviour provokes what it looks for. One that a server passes by good luck is none.
"""

from __future__ import annotations

from msgproxy.check.client import Client
from msgproxy.check.failure import Unexpected, expecting
from msgproxy.check.frames import Message
from msgproxy.check.harness import Harness

KINDS: tuple[Message, ...] = ("text: déjà vu \N{SNOWMAN}", b"binary: \x00\xff\r\n", "", b"")
"""Messages that have to arrive as they were said: the same bytes, and the same kind."""

VISITORS = 150
"""Clients that come and go while others talk."""

BURST = 16
"""Messages that are said at once: few enough for any queue that is bounded."""


def repeats(harness: Harness) -> None:
    """What a client says comes back to it, or reaches another one."""
    with expecting("connected A and said 'hello'", "it comes back to A, or reaches another client"):
        a = harness.connect("A")
        b = harness.request("B")  # an echo server need not answer that yet
        _be_heard(harness, a, b)


def serves_two(harness: Harness) -> None:
    """A second client is served while the first one stays."""
    with expecting("connected A, and then B while A stayed", "the server lets B in as well"):
        a, b = harness.connect("A"), harness.connect("B")
    for speaker, other in ((a, b), (b, a)):
        did = f"with A and B connected, {speaker.name} said 'hello'"
        with expecting(did, f"it comes back to {speaker.name}, or reaches {other.name}"):
            _be_heard(harness, speaker, other)


def _be_heard(harness: Harness, speaker: Client, other: Client) -> None:
    greeting = f"hello from {speaker.name}"
    harness.say_until_heard(speaker, greeting, [speaker, other], any)


def forwards(harness: Harness) -> None:
    """A message reaches all others, unchanged, and not its sender."""
    a, *others = harness.connect_all("A", "B", "C")
    for message in KINDS:
        kind = "text" if isinstance(message, str) else "binary"
        did = f"A said {message!r} as {kind}"
        with expecting(did, "the server takes it"):
            harness.say(a, message)
        for other in others:
            with expecting(did, f"{other.name} gets {message!r} as {kind}"):
                _hear(harness, other, message)
    with expecting("A said some things, and then B said 'over to A'", "A gets that, and only that"):
        harness.say(others[0], "over to A")
        _hear(harness, a, "over to A")


def _hear(harness: Harness, client: Client, expected: Message) -> None:
    heard = harness.hear(client)
    if heard != expected:
        raise Unexpected(f"{client.name} got {heard!r}")


def comes_and_goes(harness: Harness) -> None:
    """While clients come and go, those who stay lose nothing."""
    a, *listeners = harness.connect_all("A", "B", "C", "D", "E")
    did = f"A talked while up to {VISITORS} clients came and went"
    here: list[Client] = []
    said = 0
    for number in range(VISITORS):
        with expecting(f"{did}: at number {number + 1}", "A can talk, and whoever comes is let in"):
            harness.say(a, *(str(said + n) for n in range(BURST)))
            here.append(harness.connect(f"visitor {number + 1}"))
        said += BURST
        if len(here) > 3:
            _go(harness, here.pop(0), politely=number % 2 == 0)
        for listener in listeners:
            _hear_all(harness, listener, range(said - BURST, said), did)


def _go(harness: Harness, client: Client, politely: bool) -> None:
    if politely:
        client.leave()
    else:
        client.close()
    harness.clients.remove(client)


def _hear_all(harness: Harness, listener: Client, numbers: range, did: str) -> None:
    for number in numbers:
        expected = f"{listener.name}, who stayed, gets each of A's messages"
        with expecting(f"{did}: message {number} of A's", expected):
            heard = harness.hear(listener)
            if heard != str(number):
                raise Unexpected(f"{listener.name} got {heard!r} in place of '{number}'")
