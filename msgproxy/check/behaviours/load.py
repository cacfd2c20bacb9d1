"""Behaviours of `msgproxy check`: what one client can do to the others.

Rule: a client that should keep up is never overrun. Bulk data is sent a few messages at a time,
and the next few only after a client that reads has received these.
"""

from __future__ import annotations

import time

from msgproxy.check.client import Client
from msgproxy.check.failure import Unexpected, expecting
from msgproxy.check.frames import PONG, Message
from msgproxy.check.harness import Harness

BLOCK = bytes(64 * 1024)
"""A message of medium size."""

AT_ONCE = 4
"""Blocks that are on their way at the same time."""

BEYOND_BUFFERS = 192
"""Blocks that do not all fit into any system's socket buffers: 12 MiB."""

BEYOND_BOUNDS = 1024
"""Blocks that should not all fit on any bounded queue: 64 MiB."""

TALKERS = 2
LISTENERS = 100
EACH = 120
"""Clients that talk at the same time, clients that compare what they get, messages in a round.

Python lets a thread run for 5 milliseconds before it makes room for another one. To be interrupted
between two clients, a thread has to be busy for longer than that: hence this many of them. Hence
also few talkers that say a lot; but all of it has to fit on a bounded queue of 256 messages.
"""

ROUNDS = 5
AT_LEAST = 1.0
"""Rounds, and seconds, at least. One pair in another order is enough."""


def slow_client(harness: Harness) -> None:
    """A client that does not read delays nobody."""
    a, b, slow = harness.connect_all("A", "B", "S", slow="S")
    slow.reads = False
    did = "S stopped reading, and A said one block of 64 KiB after the other"
    flood(harness, a, b, BEYOND_BUFFERS, did)
    with expecting(f"{did}; then C connected", "C is accepted, and gets A's messages too"):
        c = harness.connect("C")
        harness.say_until_all_hear(a, [c])


def flood(
    harness: Harness, a: Client, b: Client, blocks: int, did: str, keep: Client | None = None
) -> int:
    """Let A say many blocks, a few at a time, so that B can follow; return the bytes said."""
    for number in range(0, blocks, AT_ONCE):
        at = f"{did}: at block {number + 1} of {blocks}"
        with expecting(at, "the server goes on accepting what A says"):
            harness.say(a, *[BLOCK] * AT_ONCE)
        with expecting(at, "B, which reads, gets all of them at once"):
            wrong = [heard for heard in (harness.hear(b) for _ in range(AT_ONCE)) if heard != BLOCK]
            if wrong:
                raise Unexpected(f"B got {b.describe(wrong[0])}")
        if keep:
            keep.send_frame(PONG)  # a sign of life: it is slow, not dead
    return blocks * len(BLOCK)


def one_order(harness: Harness) -> None:
    """All clients see the messages in the same order."""
    with expecting(f"connected {TALKERS} clients, and {LISTENERS} more", "each is accepted"):
        talkers = [harness.connect(f"T{number + 1}") for number in range(TALKERS)]
        listeners = [harness.connect(f"L{number + 1}") for number in range(LISTENERS)]
    for talker in talkers:
        harness.say_until_all_hear(talker, listeners)
    did = f"T1 to T{TALKERS} talked at the same time, and L1 to L{LISTENERS} listened"
    start, number = time.monotonic(), 0
    while number < ROUNDS or time.monotonic() < start + AT_LEAST:
        for talker in talkers:
            talker.say(*(f"{talker.name}'s {number * EACH + n}" for n in range(EACH)))
        with expecting(did, "each of the listeners gets every message"):
            orders = [[harness.hear(one) for _ in range(EACH * TALKERS)] for one in listeners]
        with expecting(did, "all of the listeners get them in the same order"):
            _compare(listeners, orders)
        for talker in talkers:
            talker.heard.clear()
        number += 1


def _compare(listeners: list[Client], orders: list[list[Message]]) -> None:
    """Find a client that got other messages than the first one, or in another order; say which."""
    first, order = listeners[0].name, orders[0]
    for client, other in zip(listeners, orders, strict=True):
        if other == order:
            continue
        at = next(n for n, a in enumerate(order) if other[n] != a)
        a, b = order[at], other[at]
        if a in other[at:] and b in order[at:] and not {a, b} & set(order[:at]):
            swapped = f"{first} got {a!r} before {b!r}, and {client.name} the other way round"
            raise Unexpected(swapped)
        got = f"message {at + 1} that {first} got is {a!r}, and {client.name} got {b!r} there"
        raise Unexpected(f"{got}: one of them missed a message, or got one too many")


def cuts_off(harness: Harness) -> None:
    """A client that never reads is disconnected, and the others get everything."""
    a, b, slow = harness.connect_all("A", "B", "S", slow="S")
    slow.reads = False
    did = "S stopped reading for good, and A said blocks of 64 KiB, 64 MiB in all"
    total = flood(harness, a, b, BEYOND_BOUNDS, did, keep=slow)
    # Only when it reads again does it notice: it gets what was on its way, and then the end.
    slow.only_counts = slow.reads = True
    expected = "S is disconnected: when it reads at last, it gets some of that, and then the end"
    with expecting(did, expected):
        if drain(harness, slow, total):
            raise Unexpected(f"all of it was kept for S: {total:,} bytes")


def drain(harness: Harness, client: Client, total: int) -> bool:
    """Let a client that only counts read what waits for it; return whether that is all of it."""
    while not client.end and client.counted < total:
        _read_up_to(harness, client, min(client.counted + len(BLOCK), total))
        client.send_frame(PONG)  # still alive: pings are among what it only counts
    return client.counted >= total


def _read_up_to(harness: Harness, client: Client, goal: int) -> None:
    if not harness.until(lambda: client.end or client.counted >= goal):
        got = f"{client.name} got {client.counted:,} bytes and no more"
        raise Unexpected(f"{got}, but it is still connected")
