"""Behaviours of `msgproxy check`: what a server has to know about its sockets.

Rule: as in `talk.py`. The clients here break no rule of the protocol; they are only slow,
silent or talkative.
"""

from __future__ import annotations

from msgproxy.check.failure import Failed, Surprise, expecting
from msgproxy.check.frames import BINARY, CONTINUATION, PING, PONG
from msgproxy.check.harness import Crew

SILENCE = 12
"""Times the patience until a silent client has to be noticed: a minute, if that is 5 seconds."""

LARGE = b"." * 1_000_000
"""A large message; not larger than what any server has to take."""

LARGE_ONES = 15
"""Large messages that wait for a slow reader: more than socket buffers hold, so one is torn."""

PINGS = 8
"""Pings that the slow reader sends meanwhile."""

SIP = 0.05
"""Seconds between two of them."""

BEYOND_LIMITS = 65
"""MiB of a message that is over any reasonable limit."""

TOO_BIG = 1009
"""The close code for it (RFC 6455 section 7.4.1)."""


def notices_silence(crew: Crew) -> None:
    """A client that falls silent for ever is disconnected, and one that is only quiet is not."""
    a, mute, quiet = crew.gather("A", "M", "Q")
    mute.answers_pings = False
    seconds = SILENCE * crew.patience
    did = "M and Q said nothing any more; Q went on to answer pings, M did not"
    if not crew.until(lambda: mute.end, seconds):
        instead = f"after {seconds:g} s it is still connected"
        raise Failed(did, f"M is disconnected within {seconds:g} s", instead)
    with expecting(
        f"{did}; when M was disconnected, A said 'hello'", "Q is still there, and gets it"
    ):
        crew.introduce(a, [quiet])


def pong_between(crew: Crew) -> None:
    """A ping during a large message is answered, and not in the middle of it."""
    a, b, slow = crew.gather("A", "B", "S", slow="S")
    slow.reads = False
    did = f"A said {LARGE_ONES} messages of 1 MB, and S, who is slow, sent pings meanwhile"
    for _ in range(LARGE_ONES):
        with expecting(did, "the server takes A's messages, and B, who reads, gets them"):
            crew.say(a, LARGE)
            crew.hear(b)
        slow.send_frame(PONG)  # a sign of life, as in `load.pour`
    # What is on its way to S is more than the buffers take: the server is in the middle of it.
    for number in range(PINGS):
        slow.send_frame(PING, b"ping %d" % number)
        crew.pause(SIP)
    slow.reads = True
    for number in range(LARGE_ONES):
        with expecting(did, f"S gets message {number + 1} whole, as it was said"):
            _compare(crew.hear(slow), number)
    with expecting(did, "the last ping is answered by a pong with its payload"):
        last = b"ping %d" % (PINGS - 1)
        crew.wait_for(slow, lambda: last in slow.pongs, "no such pong came")


def _compare(heard: object, number: int) -> None:
    if heard == LARGE:
        return
    if not isinstance(heard, bytes):
        raise Surprise(f"a text message: {heard!r:.40}")
    at = len(heard) - len(heard.lstrip(b"."))
    raise Surprise(
        f"message {number + 1} has other bytes in it, from {at:,} on: "
        f"{heard[at : at + 16].hex(' ')} ({heard[at : at + 16]!r}); "
        "8a is the first byte of a pong, 89 of a ping"
    )


def limits_size(crew: Crew) -> None:
    """A message over the limit is refused with code 1009, however it is cut into fragments."""
    with expecting("connected A", "it is let in"):
        a = crew.connect("A")
    did = f"A said one message in fragments of 1 MiB, up to {BEYOND_LIMITS} of them"
    expected = f"at some point the server closes the connection with code {TOO_BIG}"
    for number in range(BEYOND_LIMITS):
        a.send_frame(CONTINUATION if number else BINARY, bytes(1 << 20), fin=False)
        if not crew.until(lambda: a.end or not a.outgoing):
            raise Failed(did, expected, f"the server takes nothing more after {number} MiB")
        if a.end:
            break
    crew.until(lambda: a.end)
    if a.close_code != TOO_BIG:
        raise Failed(did, expected, str(a.end or f"the server takes all {BEYOND_LIMITS} MiB"))
