"""One client that does not read stops the thread that sends, and so it stops everybody.

`sendall` waits until the system has room for the bytes. For a client that does not read there is
none, once the buffers are full. A thread that sends to all clients in turn waits for the slowest.

Symptom: One slow client freezes all others.
Chapters: 03-shared
"""

import contextlib
import socket
import threading
from typing import NamedTuple

DEADLINE = 20.0  # seconds
QUIET = 0.5  # seconds without a byte, and we say that nothing comes any more
MESSAGE = bytes(100_000)
COUNT = 300  # together more than all buffers hold


class Outcome(NamedTuple):
    until_blocked: int
    """How many messages the good client got while the other one was there."""
    in_the_end: int
    """How many it had got after the other one was cut off."""


def connection() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        return listener.accept()[0], client


def forward(clients: list[socket.socket]) -> None:
    for _ in range(COUNT):
        for client in clients:
            with contextlib.suppress(OSError):  # it was cut off
                client.sendall(MESSAGE)


def receive(client: socket.socket, patience: float, most: int = COUNT * len(MESSAGE)) -> int:
    client.settimeout(patience)
    count = 0
    with contextlib.suppress(TimeoutError):
        while count < most:
            count += len(client.recv(1 << 20))
    return count


def demonstrate() -> Outcome:
    (to_mute, mute), (to_good, good) = connection(), connection()
    with to_mute, mute, to_good, good:
        sender = threading.Thread(target=forward, args=([to_mute, to_good],))
        sender.start()
        first = receive(good, QUIET)
        to_mute.shutdown(socket.SHUT_RDWR)  # `sendall` gets an error, and the sender goes on
        rest = receive(good, DEADLINE, most=COUNT * len(MESSAGE) - first)
        sender.join(DEADLINE)
    return Outcome(first // len(MESSAGE), (first + rest) // len(MESSAGE))


def main() -> None:
    until_blocked, in_the_end = demonstrate()
    print(f"{COUNT} messages go to two clients in turn. One of them does not read.")
    print(f"The good client gets {until_blocked} of them, and then nothing.")
    print(f"The other one is cut off, and soon the good client has {in_the_end}.")


if __name__ == "__main__":
    main()
