"""On Linux `close()` does not wake a thread that waits in `recv` or `send`; `shutdown()` does.

A thread cannot be ended from outside, only woken. Closing the socket takes its number away, and
the thread goes on waiting: for ever, if the other side stays.

Symptom: I have closed the socket, and the thread still waits for it.
Chapters: 07-leaving, 14-rust
"""

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import NamedTuple

DEADLINE = 20.0  # seconds
MOMENT = 0.3  # seconds


class Outcome(NamedTuple):
    """Which threads were woken."""

    recv_by_close: bool
    send_by_close: bool
    recv_by_shutdown: bool
    send_by_shutdown: bool


def recv(server: socket.socket) -> None:
    server.recv(1)


def send(server: socket.socket) -> None:
    with contextlib.suppress(OSError):  # that is how it wakes
        server.sendall(bytes(50_000_000))  # more than the buffers hold


def wakes(waker: str, wait: Callable[[socket.socket], None]) -> bool:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
    thread = threading.Thread(target=wait, args=(server,))
    thread.start()
    thread.join(MOMENT)  # now it waits
    if waker == "close":
        server.close()
        thread.join(MOMENT)
    else:
        server.shutdown(socket.SHUT_RDWR)
        thread.join(DEADLINE)
    is_woken = not thread.is_alive()
    client.close()  # when the other side leaves, everybody wakes
    thread.join(DEADLINE)
    server.close()
    return is_woken


def demonstrate() -> Outcome:
    return Outcome(*(wakes(by, wait) for by in ("close", "shutdown") for wait in (recv, send)))


def main() -> None:
    for name, is_woken in demonstrate()._asdict().items():
        print(f"{name.replace('_', ' ')}: {'woken' if is_woken else 'goes on waiting'}")


if __name__ == "__main__":
    main()
