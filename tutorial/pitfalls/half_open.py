"""A peer that vanishes without a word is never noticed by `recv`; a ping with a deadline finds it.

A pulled cable or a sleeping laptop sends no Close frame. The connection stays open at our end,
where it looks like one on which nobody is speaking just now. Here a client falls silent instead.

Symptom: Clients that are long gone still count as connected.
Chapters: 07-leaving
"""

import socket
from typing import NamedTuple

from simple_websocket import ConnectionClosed, Server

DEADLINE = 20.0  # seconds
WAIT = 1.0  # seconds; it could be a year
UPGRADE = {
    "HTTP_HOST": "localhost",
    "HTTP_UPGRADE": "websocket",
    "HTTP_CONNECTION": "Upgrade",
    "HTTP_SEC_WEBSOCKET_VERSION": "13",
    "HTTP_SEC_WEBSOCKET_KEY": "AAAAAAAAAAAAAAAAAAAAAA==",
}


class Outcome(NamedTuple):
    """Whether the server noticed that its client was gone."""

    without_pings: bool
    with_pings: bool


def notices_silence(ping_interval: float | None, patience: float) -> bool:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        ours, _ = listener.accept()
    with client:  # from now on it says nothing, and does not hang up
        server = Server({"werkzeug.socket": ours, **UPGRADE}, ping_interval=ping_interval)
        try:
            server.receive(timeout=patience)
            noticed = False
        except ConnectionClosed:
            noticed = True
    server.thread.join(DEADLINE)
    return noticed


def demonstrate() -> Outcome:
    without_pings = notices_silence(None, patience=WAIT)
    return Outcome(without_pings, notices_silence(ping_interval=WAIT / 4, patience=DEADLINE))


def main() -> None:
    without_pings, with_pings = demonstrate()
    print("A client goes mute, and the server waits for its next message.")
    print(f"without pings: {'noticed' if without_pings else 'the server would wait for ever'}")
    print(f"with pings:    {'noticed: it answers none' if with_pings else 'not noticed'}")


if __name__ == "__main__":
    main()
