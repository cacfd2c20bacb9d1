"""When a client is pinged, and when it is dead: the rules alone, without sockets."""

from __future__ import annotations

import time

from msgproxy import Limits
from msgproxy.events import LOST
from msgproxy.protocol.frames import PING, ControlFrame
from msgproxy.protocol.keepalive import Keepalive

LONG = 3600.0
LIMITS = Limits(ping_interval=LONG, ping_timeout=LONG)
OVER = Limits(ping_interval=LONG, ping_timeout=1e-9)
"""With these, the time for an answer is over as soon as the ping is sent."""


def test_a_silent_client_is_pinged_once():
    keepalive = Keepalive(LIMITS)
    assert keepalive.patience == LONG
    assert keepalive.on_silence() == [ControlFrame(PING)]
    assert keepalive.on_silence() == []


def test_a_ping_that_waits_is_not_held_against_the_client():
    """Its time does not run before the ping is sent, however long that takes."""
    keepalive = Keepalive(OVER)
    keepalive.on_silence()
    assert keepalive.patience == 1e-9
    keepalive.on_sent([b"a message"])
    assert keepalive.on_silence() == []


def test_a_ping_that_was_sent_late_leaves_the_client_all_its_time():
    """The reader wakes up a moment after it was sent, from waiting since it asked for it."""
    keepalive = Keepalive(LIMITS)
    keepalive.on_silence()
    before = time.monotonic()
    keepalive.on_sent([b"a message", PING])
    assert keepalive.on_silence() == []
    elapsed = time.monotonic() - before
    assert LONG - elapsed <= keepalive.patience <= LONG


def test_a_client_that_does_not_answer_is_dead():
    keepalive = Keepalive(OVER)
    keepalive.on_silence()
    keepalive.on_sent([PING])
    [reason] = keepalive.on_silence()
    assert (reason.code, reason.reason) == (LOST, "silent for 1e-09 s after a ping")


def test_a_sign_of_life_begins_all_anew():
    """Also when an earlier ping was answered: the one that was sent then does not count."""
    keepalive = Keepalive(OVER)
    for _ in range(2):
        assert keepalive.on_silence() == [ControlFrame(PING)]
        assert keepalive.on_silence() == []
        keepalive.on_sent([PING])
        keepalive.on_bytes()
        assert keepalive.patience == LONG
