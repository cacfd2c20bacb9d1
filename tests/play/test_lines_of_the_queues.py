"""Races at the queues of the package, line by line, in every order: see lines_of_the_package.py."""

from __future__ import annotations

import pytest
from lines_of_the_package import ITEM, MARKS, broken, failures
from scenes import level

__all__ = ["broken"]  # a fixture

pytestmark = MARKS

QUEUES = ("queue", "msgproxy.queues")


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


# The bell: whatever is put is taken, and nobody sleeps next to it.

BELL = level(
    "from msgproxy.queues import OutboundQueue\n"
    + ITEM
    + "outbound = OutboundQueue(9)\ntaken = []\n"
    + "def run_broker():\n    outbound.put(Item('one'))\n    outbound.put(Item('two'))\n"
    + "    outbound.put(Item('end', is_last=True))\n"
    + "def write():\n    while 'end' not in taken:\n"
    + "        batches = outbound.take_all()\n"
    + "        assert batches, 'took nothing'\n"
    + "        taken.extend(batch.name for batch in batches)\n",
    "run_broker",
    "write",
)


def test_a_writer_takes_all_that_is_put():
    assert failures(BELL, *QUEUES) == {None}


@pytest.mark.parametrize(
    ("words", "others", "end"),
    [
        ("            if self._bell.locked():\n", "            if False:\n", "waits for"),
        ("if self._waiting and self._bell.locked()", "if False", "waits for"),
        ("if self._waiting and self._bell.locked()", "if self._waiting", "unlocked lock"),
        ("if self._waiting:  # otherwise", "if True:  # otherwise", "took nothing"),
    ],
)
def test_it_would_be_found_if_the_bell_rang_too_seldom_or_too_often(broken, words, others, end):
    broken("msgproxy.queues", words, others)
    assert any(end in str(failure) for failure in failures(BELL, *QUEUES))
