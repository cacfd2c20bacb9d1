"""Many clients at once, coming, talking and going, for as long as it takes to see a race."""

from __future__ import annotations

import contextlib
import threading
import time

from clients import PATIENCE, RawClient, wait_for_clients


def test_clients_come_and_go_while_others_talk(server, connect):
    """A client that stays receives every message, once and in order, whoever comes and goes."""
    talker, listener = connect(server), connect(server)
    wait_for_clients(server, 2)
    until = time.monotonic() + 2.0
    threads = [threading.Thread(target=_come_and_go, args=(server, until)) for _ in range(6)]
    for thread in threads:
        thread.start()
    said = 0
    while time.monotonic() < until:
        talker.send(str(said))
        assert listener.receive() == str(said)
        said += 1
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    wait_for_clients(server, 2)


def _come_and_go(server, until):
    while time.monotonic() < until:
        with RawClient(server.url) as client, contextlib.suppress(TimeoutError):
            client.socket.settimeout(0.05)
            client.receive_frame()
