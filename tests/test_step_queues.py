"""The queues of step 11: what they hand over at once, and what they take in."""

from __future__ import annotations

import importlib
import queue
from pathlib import Path

import pytest
from clients import PATIENCE


@pytest.fixture
def queues(monkeypatch):
    """The module that stands beside the steps."""
    monkeypatch.syspath_prepend(Path(__file__).parent.parent / "tutorial" / "steps")
    return importlib.import_module("queues")


def test_all_that_waits_is_handed_over(queues):
    inbound = queues.BatchQueue(3)
    for item in (1, 2, 3):
        inbound.put(item, timeout=PATIENCE)
    with pytest.raises(queue.Full):
        inbound.put_nowait(4)
    assert inbound.get(timeout=PATIENCE) == [1, 2, 3]
    inbound.put_nowait(4)
    assert inbound.get(timeout=PATIENCE) == [4]


def test_a_farewell_has_room_and_is_the_last(queues):
    """A pong may come behind it: a client can ping until it has got the goodbye."""
    outbound = queues.OutboundQueue(1)
    outbound.put(b"hello")
    with pytest.raises(queue.Full):
        outbound.put(b"no room")
    outbound.put(queues.Farewell(b"goodbye"))
    outbound.put(b"a late pong")
    outbound.put(queues.Farewell(b"another goodbye"))
    assert outbound.get(timeout=PATIENCE) == [b"hello", b"goodbye"]
