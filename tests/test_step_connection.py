"""The connection of steps 9 to 11: what it does with a client that does not end."""

from __future__ import annotations

import importlib
import socket
import threading
from pathlib import Path

import pytest
from clients import PATIENCE


@pytest.fixture
def connection(monkeypatch):
    """The module that stands beside the steps."""
    monkeypatch.syspath_prepend(Path(__file__).parent.parent / "tutorial" / "steps")
    return importlib.import_module("connection")


def test_who_talks_on_after_the_goodbye_is_not_listened_to_for_ever(connection):
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
