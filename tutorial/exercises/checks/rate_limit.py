"""Exercise 5: which client waits, for how long, and which does not.

Rule: that a client has to wait is measured, as no server may be faster than it should. That
another need not wait is seen by the order of messages, as any machine can be slow.
"""

import time

from msgproxy.check.behaviours.catalogue import Behaviour
from msgproxy.check.client import Client
from msgproxy.check.failure import Unexpected, expecting
from msgproxy.check.harness import Harness

BURST, RATE = 20, 5.0
"""Messages at once, and messages a second, as the exercise says."""

MORE = 15
"""Messages beyond a burst."""

AT_LEAST = MORE / RATE
"""Seconds until the last of them may come."""

TOLERANCE = 0.9
"""Of a time that has to pass: this much of it must."""


def burst(harness: Harness) -> None:
    """A client that was quiet may say a burst at once, without being slowed down."""
    b, _ = harness.connect_all("B", "C")
    seconds, limit = talk(harness, b, BURST), (BURST - 1) / RATE * TOLERANCE
    did = f"A joined and said {BURST} messages at once"
    with expecting(did, f"B gets all of them in less than {limit:.1f} s"):
        if seconds >= limit:
            raise Unexpected(
                f"it took {seconds:.1f} s: as if there were no bucket of {BURST} tokens"
            )


def slows_down(harness: Harness) -> None:
    """A client that says more is slowed down; nothing is lost, and nobody is cut off."""
    b, _ = harness.connect_all("B", "C")
    must_last(talk(harness, b, BURST + MORE), "A joined")


def full_is_full(harness: Harness) -> None:
    """A client that was quiet for long has no more than a full bucket."""
    b, _ = harness.connect_all("B", "C")
    with expecting("connected A", "it is accepted"):
        a = harness.connect("A")
    harness.pause(AT_LEAST)
    did = f"A joined, and said nothing for {AT_LEAST:g} s"
    must_last(talk(harness, b, BURST + MORE, a), did)


def others_go_on(harness: Harness) -> None:
    """While one is slowed down, the others are not."""
    b, c = harness.connect_all("B", "C")
    with expecting("connected A", "it is accepted"):
        a = harness.connect("A")
    did = slow_down(harness, a, b) + " C said something"
    with expecting(did, "B gets that before the last of A's"):
        harness.say(c, "C goes on")
        come_before(harness, b, ["C goes on"])


def each_its_own(harness: Harness) -> None:
    """Each client has a bucket of its own."""
    b, _ = harness.connect_all("B", "C")
    with expecting("connected A and D", "both are accepted"):
        a, d = harness.connect("A"), harness.connect("D")
    burst_of_d = [f"D: {number}" for number in range(BURST)]
    did = slow_down(harness, a, b) + f" D said {BURST} at once"
    with expecting(did, "B gets all of D's before the last of A's, as D has tokens of its own"):
        harness.say(d, *burst_of_d)
        come_before(harness, b, burst_of_d)


def slow_down(harness: Harness, a: Client, b: Client) -> str:
    """Let A say so much that it has to wait; return what was done."""
    did = f"A said {BURST + MORE} messages at once"
    with expecting(did, "B gets more than a burst of them, the last a moment later"):
        say_much(harness, a, BURST + MORE)
        while harness.hear(b) != f"A: {BURST}":
            pass
    return f"{did}; when B had {BURST + 1} of them, and A had to wait,"


def talk(harness: Harness, b: Client, count: int, a: Client | None = None) -> float:
    """Let A say that many messages; return after how many seconds B has all of them."""
    with expecting("connected A", "it is accepted"):
        a = a or harness.connect("A")
    start = time.monotonic()
    did = f"A said {count} messages at once"
    with expecting(did, "the server takes them"):
        say_much(harness, a, count)
    for number in range(count):
        with expecting(f"{did}: at number {number + 1}", "B gets each, in order"):
            harness.wait_for(b, lambda: b.heard or a.end, "B got nothing more")
            if not b.heard:
                raise Unexpected(f"to A came {a.end}")
            if (heard := harness.hear(b)) != f"A: {number}":
                raise Unexpected(f"B got {heard!r}")
    took = time.monotonic() - start
    with expecting(did, "A is still connected, and gets what B says then"):
        harness.say(b, "well said")
        if (heard := harness.hear(a)) != "well said":
            raise Unexpected(f"A got {heard!r}")
    return took


def say_much(harness: Harness, a: Client, count: int) -> None:
    harness.say(a, *(f"A: {number}" for number in range(count)))


def must_last(seconds: float, did: str) -> None:
    """Say that it went too fast, if it did."""
    did += f"; then it said {BURST + MORE} messages at once: {MORE} more than a full bucket"
    with expecting(did, f"B gets the last of them after {AT_LEAST:g} s at the earliest"):
        if seconds < AT_LEAST * TOLERANCE:
            raise Unexpected(f"B had all of them after {seconds:.2f} s")


def come_before(harness: Harness, b: Client, messages: list[str]) -> None:
    """Receive some messages, and say so if the last of A's comes earlier."""
    missing = set(messages)
    while missing:
        heard = harness.hear(b)
        missing.discard(heard)
        if heard == f"A: {BURST + MORE - 1}":
            many = f"{len(missing)} of D's were" if len(messages) > 1 else "that was"
            raise Unexpected(f"the last of A's came when {many} still missing")


BEHAVIOURS = (
    Behaviour("slows-down", "08-bounds", slows_down),
    Behaviour("burst", "08-bounds", burst),
    Behaviour("full-is-full", "08-bounds", full_is_full),
    Behaviour("others-go-on", "05-writers", others_go_on),
    Behaviour("each-its-own", "05-writers", each_its_own),
)
