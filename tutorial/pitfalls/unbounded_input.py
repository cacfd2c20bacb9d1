"""simple-websocket goes on receiving while nobody calls `receive()`, so it slows no client down.

Its reading thread puts every message on a list without bound. A program that calls `recv` itself,
and stops when it has no room, lets the buffers fill up; then TCP makes the client wait.

Symptom: Memory grows although my queue has a bound.
Chapters: 08-bounds, 09a-frames
"""

import socket
from typing import NamedTuple

from simple_websocket import Server

DEADLINE, QUIET = 60.0, 0.5  # seconds
SIZE, COUNT = 60_000, 400  # of the messages; together more than all buffers hold
FRAME = b"\x82\xfe" + SIZE.to_bytes(2, "big") + bytes(4 + SIZE)  # binary, masked with zeros
UPGRADE = {
    "HTTP_HOST": "localhost",
    "HTTP_UPGRADE": "websocket",
    "HTTP_CONNECTION": "Upgrade",
    "HTTP_SEC_WEBSOCKET_VERSION": "13",
    "HTTP_SEC_WEBSOCKET_KEY": "AAAAAAAAAAAAAAAAAAAAAA==",
}


class Outcome(NamedTuple):
    waiting_in_library: int
    """How many messages the library had read and kept, when nobody had asked for one."""
    sent_to_socket: int
    """How many could be sent to a socket of our own, until the client had to wait."""


def connection() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname(), timeout=DEADLINE)
        return listener.accept()[0], client


def push(client: socket.socket) -> int:
    for count in range(COUNT):
        try:
            client.sendall(FRAME)
        except TimeoutError:
            return count
    return COUNT


def demonstrate() -> Outcome:
    ours, client = connection()
    server = Server({"werkzeug.socket": ours, **UPGRADE})
    with client:
        client.recv(4096)  # the answer to the handshake
        push(client)
    server.thread.join(DEADLINE)
    ours, client = connection()
    client.settimeout(QUIET)
    with ours, client:
        return Outcome(len(server.input_buffer), push(client))


def main() -> None:
    waiting, sent = demonstrate()
    print(f"A client sends {COUNT} messages of {SIZE:,} bytes to a program that takes none.")
    print(f"With simple-websocket: {waiting} messages wait in memory.")
    print(f"With recv() of its own: after {sent} messages the client has to wait.")


if __name__ == "__main__":
    main()
