"""Races in the package itself: what more than one thread touches, line by line, in every order.

Each scene steps the package's own source, on top of Python's own `queue.Queue`, which is stepped
too. Of each object a broken variant is explored as well, and has to be found: its source with a
few words changed. If those words are no longer in the source, the test says so.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib.util
from pathlib import Path

import play.imports
import pytest
from play.explore import explore
from play.weave import weave
from scenes import level

pytestmark = [pytest.mark.extra("lines of the package"), pytest.mark.timeout(600)]

QUEUES = ("queue", "msgproxy.queues")

ITEM = """
class Item:
    def __init__(self, name, size=1, is_last=False):
        self.name, self.size, self.is_last = name, size, is_last
        self.items = (name,)

    def _replace(self, number):
        return Item(number)

"""


def failures(scene, *stepped):
    """Explore a scene with modules of the package. Return how its orders end."""
    graph = explore(dataclasses.replace(scene, stepped=stepped), limit=20_000)
    return {end.failure for end in graph.ends()}


@pytest.fixture
def broken(monkeypatch):
    """Change a few words in the source of a module, for the explorer only."""

    def change(module, words, others):
        path = Path(importlib.util.find_spec(module).origin)
        source = path.read_text(encoding="utf-8")
        assert words in source, f"no longer in {module}: {words}"
        variant = weave(source.replace(words, others), path.name)
        woven = play.imports.woven_module

        def woven_module(name):
            return variant if name == module else woven(name)

        monkeypatch.setattr(play.imports, "woven_module", functools.cache(woven_module))

    return change


# The inbound queue: who waits for room is woken when there is room.

INBOUND = level(
    "from msgproxy.queues import InboundQueue\n"
    + ITEM
    + "inbound = InboundQueue(2)\n"
    + "inbound.put(Item('large', size=2))\n"
    + "def read():\n    inbound.put(Item('small'))\n"
    + "def run_broker():\n    inbound.take_all()\n",
    "read",
    "read",
    "run_broker",
)


def test_all_readers_find_room_when_the_broker_has_taken_everything():
    assert failures(INBOUND, *QUEUES) == {None}


def test_it_would_be_found_if_one_reader_only_were_woken(broken):
    broken("msgproxy.queues", "self.not_full.notify_all()", "self.not_full.notify()")
    assert any("sleeps until" in str(end) for end in failures(INBOUND, *QUEUES))


# The outbound queue: the broker and the reader put, and nothing follows the last item.

OUTBOUND = level(
    "from msgproxy.queues import OutboundQueue\n"
    + ITEM
    + "outbound = OutboundQueue(9)\n"
    + "def run_broker():\n    outbound.put(Item('hi'))\n"
    + "    outbound.put(Item('end', is_last=True))\n"
    + "def read():\n    outbound.put(Item('pong'))\n",
    "run_broker",
    "read",
    promise="batches = []\n    while not outbound.empty():\n"
    "        batches += outbound.take_all()\n"
    "    names = [batch.name for batch in batches]\n"
    "    assert names[-1] == 'end', f'{names}'",
)


def test_nothing_follows_the_last_item():
    assert failures(OUTBOUND, *QUEUES) == {None}


def test_it_would_be_found_if_something_did(broken):
    broken("msgproxy.queues", "if self._has_last:\n", "if False:\n")
    assert "['hi', 'end', 'pong']" in failures(OUTBOUND, *QUEUES)


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


# The stop signal: it stays set, for everybody who looks.

STOP = level(
    "from msgproxy.concurrency.stop import StopSignal\n"
    "stop = StopSignal()\nseen = []\n"
    "def accept():\n    stop.set()\n"
    "def read():\n"
    "    first = stop.sleep(0)\n    second = stop.sleep(0)\n"
    "    seen.append((first.name, second.name))\n",
    "accept",
    "read",
    "read",
    promise="assert ('STOP', 'TIMEOUT') not in seen, 'the signal was taken back'",
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
    """In place of `socket` and `select`: pairs of sockets, which the test can look at."""

    __module__ = "woven.socket"

    def socketpair(self):
        one, other = [], []
        return Socket(one, other), Socket(other, one)

    def select(self, socks, _, __, timeout):
        assert timeout == 0, "nobody may wait here"
        return [sock for sock in socks if sock.inbox], [], []


@pytest.fixture
def sockets(monkeypatch):
    for name in ("socket", "select"):
        monkeypatch.setitem(play.imports.MODULES, name, Sockets())


@pytest.mark.usefixtures("sockets")
def test_the_stop_signal_stays_set():
    assert failures(STOP, "msgproxy.concurrency.stop") == {None}


@pytest.mark.usefixtures("sockets")
def test_it_would_be_found_if_somebody_took_the_byte(broken):
    broken(
        "msgproxy.concurrency.stop",
        "        if self.read_end in ready:\n",
        "        if self.read_end in ready:\n            self.read_end.recv(1)\n",
    )
    assert "the signal was taken back" in failures(STOP, "msgproxy.concurrency.stop")
