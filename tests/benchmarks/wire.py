"""The load's side of the wire: handshakes, frames (RFC 6455 section 5.2), and the files they need.

Rule: all messages of a scenario have one size, so what has arrived is counted by a division, not
by looking for where a frame ends. And nothing is measured before every client is known to receive
what another one sends: after the handshake, a server may take a moment to add it to its set.

A message is: its sender, its number, the time when it was sent, and padding that never changes.
"""

from __future__ import annotations

import selectors
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager

BINARY, CLOSE = 0x82, 0x88
"""First byte of a whole binary message, and of a Close frame."""

MASKED = 0x80
NO_MASK = bytes(4)
"""Clients must mask. A mask of zeros is valid and changes nothing: so the load has no work with it.
A server must apply it like any other."""

SMALLEST = struct.calcsize("!BId")
CLOSE_FRAME = bytes([CLOSE, MASKED | 2]) + NO_MASK + struct.pack("!H", 1000)


def head(size: int, mask_bit: int = 0) -> bytes:
    """Return the head of a binary frame with `size` bytes."""
    if size <= 125:
        return bytes([BINARY, mask_bit | size])
    if size <= 0xFFFF:
        return struct.pack("!BBH", BINARY, mask_bit | 126, size)
    return struct.pack("!BBQ", BINARY, mask_bit | 127, size)


class Garbled(Exception):
    """A server sent something that no client had sent it."""


class Layout:
    """What frames with messages of one size look like, to the server and from it."""

    def __init__(self, size: int) -> None:
        self._head = head(size)
        self._padding = (bytes(range(256)) * (size // 256 + 1))[SMALLEST:size]
        self._masked_head = head(size, MASKED) + NO_MASK
        self._stamp = struct.Struct("!BId")
        self._frame = struct.Struct(f"!{len(self._head)}sBId{len(self._padding)}s")
        self.frame_size = self._frame.size

    def encode(self, sender: int, number: int, sent_at: float) -> bytes:
        """Return the frame that a client sends."""
        return self._masked_head + self._stamp.pack(sender, number, sent_at) + self._padding

    def decode(self, frames: bytes | bytearray) -> Iterator[tuple[int, int, float]]:
        """Yield sender, number and time of whole frames. Raise `Garbled` if they are not whole."""
        for start, sender, number, sent_at, padding in self._frame.iter_unpack(frames):
            if start != self._head or padding != self._padding:
                raise Garbled(f"the server sent a frame that begins with {start.hex(' ')}")
            yield sender, number, sent_at


PATIENCE = 15.0
"""Seconds to wait for anything. A server that needs longer has failed."""

PROBE_EVERY = 0.05
"""Seconds between two probes, ..."""

PROBE_FOR_EACH = 0.0002
"""... and at least that many for each client, so that thousands are not flooded beforehand."""

REQUEST = (
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
"""Without extensions, so that no server compresses."""


class ServerFailed(Exception):
    """The server did not do its job."""


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
            raise ServerFailed(f"the server refused a client: {answer[:60]!r}")
    except BaseException:
        client.close()
        raise
    return client


@contextmanager
def crowd(port: int, count: int) -> Iterator[list[socket.socket]]:
    """Connect clients that all receive each other's messages. In the end they vanish."""
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
    """Wait until all have joined: the first sends probes until all others have received one.

    Others receive from the first, so it has joined as well. How many probes each one gets depends
    on when it joined; the last one is "!", which all get.
    """
    deadline = time.monotonic() + PATIENCE
    with selectors.DefaultSelector() as waiting:
        for client in others:
            waiting.register(client, selectors.EVENT_READ)
        while waiting.get_map():
            if time.monotonic() > deadline:
                raise ServerFailed(f"{len(waiting.get_map())} clients receive nothing")
            first.sendall(head(1, MASKED) + NO_MASK + b"?")
            time.sleep(max(PROBE_EVERY, PROBE_FOR_EACH * len(others)))
            for key, _ in waiting.select(0):
                waiting.unregister(key.fileobj)
    first.sendall(head(1, MASKED) + NO_MASK + b"!")
    for client in others:
        heard = b""
        while not heard.endswith(b"!"):
            heard += _some(client)


def _some(client: socket.socket) -> bytes:
    if data := client.recv(4096):
        return data
    raise ServerFailed("the server closed a client's connection")


SPARE = 150
"""Files of a process in addition to its clients: a generous guess. `idle` warms up with some."""


class TooFewFiles(Exception):
    """The system does not allow as many sockets as there are clients."""


def allow_open_files(clients: int) -> None:
    """Let this process, and those that it starts, have that many clients. Raise TooFewFiles."""
    try:
        import resource
    except ImportError:  # Windows, where there is no such limit
        return
    wanted = clients + SPARE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise TooFewFiles(
            f"{clients} clients need {wanted} open files, and the system allows {hard}: "
            f"raise it ('ulimit -Hn'), or take fewer with '--clients {max(1, hard - SPARE)}'"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
