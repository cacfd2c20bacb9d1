"""Two small sends and then a wait for the answer cost some 40 ms, unless `TCP_NODELAY` is set.

Nagle's algorithm keeps the second packet back until the first is acknowledged. The receiver delays
the acknowledgement, hoping for something to send it along with. So each waits for the other.

Symptom: Every answer takes 40 milliseconds.
Chapters: 09a-frames, 11-fast
"""

import socket
import statistics
import threading
import time
from typing import NamedTuple

DEADLINE = 20.0  # seconds
ROUNDS = 31


class Outcome(NamedTuple):
    """Seconds from the question to the end of the answer, in the median."""

    without_nodelay: float
    with_nodelay: float


def answer(server: socket.socket) -> None:
    """Answer each question with two sends, as two frames would be sent."""
    while server.recv(1):
        server.sendall(b"one")
        server.sendall(b"two")


def ask(client: socket.socket) -> float:
    started = time.perf_counter()
    client.sendall(b"?")
    missing = len(b"onetwo")
    while missing:
        missing -= len(client.recv(missing))
    return time.perf_counter() - started


def median(nodelay: bool) -> float:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname(), timeout=DEADLINE)
        server, _ = listener.accept()
    server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, nodelay)
    thread = threading.Thread(target=answer, args=(server,))
    thread.start()
    with server, client:
        times = [ask(client) for _ in range(ROUNDS)]
        client.shutdown(socket.SHUT_RDWR)
        thread.join(DEADLINE)
    return statistics.median(times)


def demonstrate() -> Outcome:
    return Outcome(median(nodelay=False), median(nodelay=True))


def main() -> None:
    without_nodelay, with_nodelay = demonstrate()
    print(f"two small sends without TCP_NODELAY: {without_nodelay * 1000:.2f} ms")
    print(f"two small sends with TCP_NODELAY:    {with_nodelay * 1000:.2f} ms")


if __name__ == "__main__":
    main()
