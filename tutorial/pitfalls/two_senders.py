"""Two threads that call `sendall` on one socket mix their bytes.

`sendall` of a large message is many sends, one after the other, whenever there is room again. In
between, another thread's bytes get in. Nothing fails: only the receiver finds out.

Symptom: Two messages arrive mixed into each other.
Chapters: 03-shared, 04-lock, 14-rust
"""

import itertools
import socket
import threading
from typing import NamedTuple

DEADLINE = 20.0  # seconds
SIZE = 10_000_000  # bytes; more than the buffers hold


class Outcome(NamedTuple):
    pieces: int
    """How often the bytes change from one message to the other, plus one; 2 if both are whole."""


def demonstrate() -> Outcome:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname(), timeout=DEADLINE)
        server, _ = listener.accept()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 50_000)  # so it sends in many parts
    with server, client:
        senders = [
            threading.Thread(target=server.sendall, args=(letter * SIZE,))
            for letter in (b"A", b"B")
        ]
        for sender in senders:
            sender.start()
        data = receive(client, 2 * SIZE)
        for sender in senders:
            sender.join(DEADLINE)
    return Outcome(len(list(itertools.groupby(data))))


def receive(client: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        data += client.recv(1 << 16)
    return bytes(data)


def main() -> None:
    pieces = demonstrate().pieces
    print(f"Two threads send {SIZE:,} bytes each on one socket: all A, and all B.")
    print(f"They come in {pieces} pieces, A and B by turns.")


if __name__ == "__main__":
    main()
