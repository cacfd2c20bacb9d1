"""A server whose threads take turns as a test plans them. A test module imports the fixtures."""

from __future__ import annotations

import pytest
from clients import CLOSE, PATIENCE, wait_for_clients

from msgproxy.schedule.schedule import Schedule
from msgproxy.schedule.turns import Scheduled


@pytest.fixture(name="schedule")
def nothing_planned():
    """With this nothing is planned. What waits is let go before the server is closed."""
    return Schedule(patience=PATIENCE)


@pytest.fixture(name="talk")
def talk_in_turns(start, schedule, connect):
    """Start a server with that many clients: `server, ana, bob = talk(2)`."""
    with schedule:

        def start_with(count: int, **kwargs):
            server = start(queues=Scheduled(schedule), **kwargs)
            clients = []
            for number in range(1, count + 1):
                clients.append(connect(server))
                wait_for_clients(server, number)
            return server, *clients

        yield start_with


def heard_until_close(client) -> tuple[list[str], int]:
    """Return the messages, and the code of the Close frame after them."""
    heard = []
    while (frame := client.receive_frame())[1] != CLOSE:
        heard.append(frame[2].decode())
    return heard, int.from_bytes(frame[2][:2])
