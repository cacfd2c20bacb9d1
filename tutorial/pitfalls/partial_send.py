"""`send` may send only a part; `sendall` sends all, or fails without saying how much has gone.

`send` returns how many bytes the system took. A program that ignores that loses the rest. `sendall`
goes on until all has gone. If its timeout is over first, the message has been torn somewhere, and
nothing that follows on that connection can be understood: the only thing left is to close it.

Symptom: Large messages arrive without their end.
Chapters: 09b-one-sender
"""

import socket
from typing import NamedTuple

DEADLINE, TIMEOUT = 20.0, 0.2  # seconds
MESSAGE = bytes(50_000_000)  # more than the buffers hold


class Outcome(NamedTuple):
    sent_by_send: int
    error_of_sendall: str
    arrived_from_sendall: int
    """How many bytes came to the receiver, which alone can know."""


def connection() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname(), timeout=DEADLINE)
        server, _ = listener.accept()
    server.settimeout(TIMEOUT)
    return server, client


def try_send() -> int:
    server, client = connection()
    with server, client:
        return server.send(MESSAGE)


def try_sendall() -> tuple[str, int]:
    server, client = connection()
    with client:
        with server:
            error = error_of_sendall(server)
        arrived = 0
        while piece := client.recv(1 << 20):
            arrived += len(piece)
    return error, arrived


def error_of_sendall(server: socket.socket) -> str:
    try:
        server.sendall(MESSAGE)
    except TimeoutError as error:
        return str(error)
    return ""


def demonstrate() -> Outcome:
    return Outcome(try_send(), *try_sendall())


def main() -> None:
    sent, error, arrived = demonstrate()
    print(f"{len(MESSAGE):,} bytes go to a client that does not read, with a timeout.")
    print(f"send() sent {sent:,} of them and raised nothing.")
    print(f"sendall() said {error!r}; {arrived:,} had gone, which it did not say.")


if __name__ == "__main__":
    main()
