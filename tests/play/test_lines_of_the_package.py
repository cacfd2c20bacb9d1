"""Races in the package itself: what more than one thread touches, line by line, in every order.

Those at the queues are in test_lines_of_the_queues.py.
"""

from __future__ import annotations

import play.imports
import pytest
from lines_of_the_package import ITEM, MARKS, broken, failures
from scenes import level

__all__ = ["broken"]  # a fixture

pytestmark = MARKS


# The hop buffer: every thread notes hops, and a viewer looks at the last of them.

HOPS = level(
    "from msgproxy.tracing.hops import HopBuffer\n"
    + ITEM
    + "hops = HopBuffer(9)\nseen = []\n"
    + "def note():\n    hops.put(Item('hop'))\n"
    + "def look():\n    found = hops.latest(0)\n    seen.extend(hop.name for hop in found)\n",
    "note",
    "note",
    "look",
    promise="assert seen == list(range(len(seen))), f'the viewer has seen {seen}'",
)


def test_a_viewer_sees_the_hops_without_a_gap():
    assert failures(HOPS, "queue", "msgproxy.tracing.hops") == {None}


def test_it_would_be_found_if_the_viewer_took_no_lock(broken):
    broken("msgproxy.tracing.hops", "with self.mutex:", "if True:")
    ends = failures(HOPS, "queue", "msgproxy.tracing.hops")
    assert "the viewer has seen [1]" in ends


# The counters: the reader counts what comes in, the writer what goes out, and others look.

COUNTERS = """
from msgproxy.snapshot import Traffic
traffic = Traffic(joined_at=0)
seen = []
def read():
    traffic.messages_in += 1
    traffic.bytes_in += 5
def write():
    {count}
    traffic.bytes_out += 7
def look():
    found = traffic.snapshot(1, "ann", 0)
    seen.append((found.messages_in, found.messages_out))
"""
COUNTED = """counts = (traffic.messages_in, traffic.messages_out)
    assert counts == (1, 1), f'{counts} messages'
    assert seen[0] <= counts, f'{seen[0]} were seen'"""


def test_no_count_is_lost():
    body = COUNTERS.format(count="traffic.messages_out += 1")
    scene = level(body, "read", "write", "look", promise=COUNTED)
    assert failures(scene, "msgproxy.snapshot") == {None}


def test_it_would_be_found_if_the_writer_changed_the_readers_number():
    count = "count = traffic.messages_in\n    traffic.messages_in = count"
    body = COUNTERS.format(count=f"{count}\n    traffic.messages_out += 1")
    scene = level(body, "read", "write", "look", promise=COUNTED)
    assert "(0, 1) messages" in failures(scene, "msgproxy.snapshot")


# The keepalive: the writer notes when a ping was sent, the reader looks at it.

KEEPALIVE = level(
    "from msgproxy.limits import Limits\n"
    "from msgproxy.protocol.keepalive import Keepalive\n"
    "from msgproxy.protocol.frames import PING\n"
    "from queue import Queue\n"
    "keepalive = Keepalive(Limits(ping_interval=1, ping_timeout=2))\n"
    "outbound = Queue()\nverdicts = []\n"
    "def read():\n"
    "    keepalive.on_silence()\n    outbound.put(1)\n    clock[0] += 3\n"
    "    keepalive.on_bytes()\n    keepalive.on_silence()\n    outbound.put(2)\n"
    "    clock[0] += 1\n"
    "    said = keepalive.on_silence()\n    verdicts.extend(said)\n"
    "def write():\n"
    "    outbound.get()\n    keepalive.on_sent([PING])\n"
    "    outbound.get()\n    keepalive.on_sent([PING])\n",
    "read",
    "write",
    promise="assert not verdicts, 'dead one second after the ping'",
)


def test_a_client_has_its_whole_time_after_a_ping():
    assert failures(KEEPALIVE, "msgproxy.protocol.keepalive") == {None}


def test_it_would_be_found_if_the_ping_before_counted(broken):
    broken("msgproxy.protocol.keepalive", "self._sent_at < self.asked_at", "self._sent_at == NEVER")
    ends = failures(KEEPALIVE, "msgproxy.protocol.keepalive")
    assert "dead one second after the ping" in ends


# The stop signal: a thread that it has woken finds it set.

STOP = level(
    "from msgproxy.concurrency.stop import StopSignal\n"
    "stop = StopSignal()\nseen = []\n"
    "def accept():\n    stop.set()\n"
    "def read():\n"
    "    is_woken = bool(stop.read_end.inbox)\n    is_set = stop.is_set\n"
    "    seen.append((is_woken, is_set))\n",
    "accept",
    "read",
    "read",
    promise="assert (True, False) not in seen, 'woken for nothing'",
)


class Socket:
    """One end of a pair: what is needed of it here."""

    __module__ = "woven.socket"

    def __init__(self, inbox, outbox):
        self.inbox, self.outbox, self.is_open = inbox, outbox, True

    def setblocking(self, _):
        pass

    def send(self, data):
        if not self.is_open:
            raise OSError("closed")
        self.outbox.extend(data)

    def recv(self, count):
        del self.inbox[:count]

    def close(self):
        self.is_open = False


class Sockets:
    """In place of `socket`: pairs of sockets, which the test can look at."""

    __module__ = "woven.socket"

    def socketpair(self):
        one, other = [], []
        return Socket(one, other), Socket(other, one)


@pytest.fixture
def sockets(monkeypatch):
    monkeypatch.setitem(play.imports.MODULES, "socket", Sockets())


@pytest.mark.usefixtures("sockets")
def test_a_thread_that_the_stop_signal_has_woken_finds_it_set():
    assert failures(STOP, "msgproxy.concurrency.stop") == {None}


@pytest.mark.usefixtures("sockets")
def test_it_would_be_found_if_threads_were_woken_first(broken):
    broken(
        "msgproxy.concurrency.stop",
        "        self.is_set = True  # first: it has to be so when they wake up\n"
        "        super().set()\n",
        "        super().set()\n        self.is_set = True\n",
    )
    assert "woken for nothing" in failures(STOP, "msgproxy.concurrency.stop")
