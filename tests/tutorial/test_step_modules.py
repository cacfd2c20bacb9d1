"""The modules beside steps 9 to 12: what queues accept, and how long a client is listened to."""

from __future__ import annotations

import importlib
import queue
import socket
import threading
from pathlib import Path

import pytest
from clients import PATIENCE


@pytest.fixture
def steps(monkeypatch):
    """Import a module that stands beside the steps: `steps("queues")`."""
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "tutorial" / "steps")
    return importlib.import_module


@pytest.fixture
def queues(steps):
    return steps("queues")


@pytest.fixture
def connection(steps):
    return steps("connection")


def test_all_that_waits_is_handed_over(queues):
    inbound = queues.BatchQueue(3)
    for item in (1, 2, 3):
        inbound.put(item, timeout=PATIENCE)
    with pytest.raises(queue.Full):
        inbound.put_nowait(4)
    assert inbound.get(timeout=PATIENCE) == [1, 2, 3]
    inbound.put_nowait(4)
    assert inbound.get(timeout=PATIENCE) == [4]


def test_a_close_frame_has_room_and_is_the_last(queues):
    """A pong may follow it: a client can ping until it has received the Close frame."""
    outbound = queues.OutboundQueue(1)
    outbound.put(b"hello")
    with pytest.raises(queue.Full):
        outbound.put(b"no room")
    outbound.put(queues.CloseFrame(b"close"))
    outbound.put(b"a late pong")
    outbound.put(queues.CloseFrame(b"another close"))
    assert outbound.get(timeout=PATIENCE) == [b"hello", b"close"]


def test_a_client_that_talks_on_after_the_close_frame_is_not_listened_to_for_ever(connection):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        drain = threading.Thread(target=connection.Connection(ours, 0.5).drain)
        drain.start()
        for _ in range(round(PATIENCE / 0.1)):
            theirs.send(b"still here")
            drain.join(0.1)
            if not drain.is_alive():
                return
        theirs.shutdown(socket.SHUT_RDWR)  # so that it ends at least now
        drain.join(PATIENCE)
    pytest.fail("it is still listening")
