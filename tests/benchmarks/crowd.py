"""Clients: connect them, and wait until the server has let in all of them.

Rule: nothing is measured before every client is known to hear what another one says. That the
handshake is done does not mean that: a server may add the client to its set a moment later.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from wire import MASKED, NO_MASK, head

PATIENCE = 15.0
"""Seconds to wait for what has to come. A server that needs longer has failed."""

PROBE_EVERY = 0.05
"""Seconds between two probes, ..."""

PROBE_FOR_EACH = 0.0002
"""... and for each client at least so many: thousands are not to be flooded before it begins."""

REQUEST = (
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
"""Without extensions, so that no server compresses."""


class ServerFailed(Exception):
    """The server did not do what it is there for."""


def connect(port: int) -> socket.socket:
    """Return a client that has shaken hands. Its socket blocks, with a deadline."""
    client = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    try:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.sendall(REQUEST % port)
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += _some(client)
        if not answer.startswith(b"HTTP/1.1 101 "):
            raise ServerFailed(f"the server did not let a client in: {answer[:60]!r}")
    except BaseException:
        client.close()
        raise
    return client


@contextmanager
def crowd(port: int, count: int) -> Iterator[list[socket.socket]]:
    """Connect clients that all hear each other. In the end they are gone, without a word."""
    clients: list[socket.socket] = []
    try:
        while len(clients) < count:
            clients.append(connect(port))
        gather(clients[0], clients[1:])
        yield clients
    finally:
        for client in clients:
            client.close()


def gather(first: socket.socket, others: list[socket.socket]) -> None:
    """Wait until all have joined: the first calls until all others have heard it.

    Others hear the first, so it has joined as well. How many calls each one hears depends on
    when it joined; they end with "!", which all hear.
    """
    deadline = time.monotonic() + PATIENCE
    with selectors.DefaultSelector() as deaf:
        for client in others:
            deaf.register(client, selectors.EVENT_READ)
        while deaf.get_map():
            if time.monotonic() > deadline:
                raise ServerFailed(f"{len(deaf.get_map())} clients hear nothing")
            first.sendall(head(1, MASKED) + NO_MASK + b"?")
            time.sleep(max(PROBE_EVERY, PROBE_FOR_EACH * len(others)))
            for key, _ in deaf.select(0):
                deaf.unregister(key.fileobj)
    first.sendall(head(1, MASKED) + NO_MASK + b"!")
    for client in others:
        heard = b""
        while not heard.endswith(b"!"):
            heard += _some(client)


def _some(client: socket.socket) -> bytes:
    if data := client.recv(4096):
        return data
    raise ServerFailed("the server hung up on a client")
