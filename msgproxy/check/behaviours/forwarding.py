"""Behaviours of `msgproxy check`: which client gets which messages.

Rule: a behaviour provokes the fault that it looks for. A server should not pass by good luck.
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

MOST_VISITORS = 3
"""Visitors that are connected at a time."""

BURST = 16
"""Messages that are said at once: few enough for any queue that is bounded."""


def repeats(harness: Harness) -> None:
    """What a client says comes back to it, or reaches another client."""
    with expecting("connected A and said 'hello'", "it comes back to A, or reaches another client"):
        a = harness.connect("A")
        b = harness.request("B")  # an echo server need not answer that yet
        _say_until_any_hears(harness, a, b)


def serves_two(harness: Harness) -> None:
    """A second client is served while the first one stays."""
    with expecting("connected A, and then B while A stayed", "the server accepts B as well"):
        a, b = harness.connect("A"), harness.connect("B")
    for speaker, other in ((a, b), (b, a)):
        did = f"with A and B connected, {speaker.name} said 'hello'"
        with expecting(did, f"it comes back to {speaker.name}, or reaches {other.name}"):
            _say_until_any_hears(harness, speaker, other)


def _say_until_any_hears(harness: Harness, speaker: Client, other: Client) -> None:
    greeting = f"hello from {speaker.name}"
    harness.say_until_heard(speaker, greeting, [speaker, other], any)


def forwards(harness: Harness) -> None:
    """A message reaches all other clients, unchanged, and not its sender."""
    a, *others = harness.connect_all("A", "B", "C")
    for message in KINDS:
        kind = "text" if isinstance(message, str) else "binary"
        did = f"A said {message!r} as {kind}"
        with expecting(did, "the server accepts it"):
            harness.say(a, message)
        for other in others:
            with expecting(did, f"{other.name} gets {message!r} as {kind}"):
                _hear(harness, other, message)
    did = "A said some things, and then B said 'over to A'"
    with expecting(did, "A gets that, and none of its own messages"):
        harness.say(others[0], "over to A")
        _hear(harness, a, "over to A")


def _hear(harness: Harness, client: Client, expected: Message) -> None:
    heard = harness.hear(client)
    if heard != expected:
        raise Unexpected(f"{client.name} got {client.describe(heard)}")


def comes_and_goes(harness: Harness) -> None:
    """While clients come and go, those that stay lose nothing."""
    a, *listeners = harness.connect_all("A", "B", "C", "D", "E")
    did = f"A talked while up to {VISITORS} clients came and went"
    here: list[Client] = []
    said = 0
    for number in range(VISITORS):
        at = f"{did}: at number {number + 1}"
        with expecting(at, "A can talk, and every newcomer is accepted"):
            harness.say(a, *(str(said + n) for n in range(BURST)))
            here.append(harness.connect(f"visitor {number + 1}"))
        said += BURST
        if len(here) > MOST_VISITORS:
            _leave(harness, here.pop(0), politely=number % 2 == 0)
        for listener in listeners:
            _hear_all(harness, listener, range(said - BURST, said), did)


def _leave(harness: Harness, client: Client, politely: bool) -> None:
    if politely:
        client.leave()
    else:
        client.close()
    harness.clients.remove(client)


def _hear_all(harness: Harness, listener: Client, numbers: range, did: str) -> None:
    for number in numbers:
        expected = f"{listener.name}, which stayed, gets each of A's messages"
        with expecting(f"{did}: message {number} of A's", expected):
            heard = harness.hear(listener)
            if heard != str(number):
                raise Unexpected(
                    f"{listener.name} got {listener.describe(heard)} in place of '{number}'"
                )
