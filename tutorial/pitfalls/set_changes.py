"""A set that one thread iterates while another thread changes it raises `RuntimeError`.

Clients come and go while a message is forwarded to all of them. It takes milliseconds until
both meet, and it happens every time.

Symptom: RuntimeError: Set changed size during iteration.
Chapters: 03-shared
"""

import threading
import time
from typing import NamedTuple

DEADLINE = 20.0  # seconds


class Outcome(NamedTuple):
    error: str
    """What Python said; empty if nothing happened before the deadline."""
    forwarded: int
    """How many messages went well before."""
    seconds: float


def come_and_go(clients: set[int], is_over: threading.Event) -> None:
    number = 1000
    while not is_over.is_set():
        clients.add(number)
        clients.discard(number - 10)
        number += 1


def forward(clients: set[int]) -> None:
    for client in clients:
        str(client)  # here a server would send the message


def demonstrate() -> Outcome:
    clients = set(range(100))
    is_over = threading.Event()
    other = threading.Thread(target=come_and_go, args=(clients, is_over))
    started, forwarded, error = time.monotonic(), 0, ""
    other.start()
    try:
        while time.monotonic() < started + DEADLINE:
            forward(clients)
            forwarded += 1
    except RuntimeError as happened:
        error = str(happened)
    finally:
        is_over.set()
        other.join(DEADLINE)
    return Outcome(error, forwarded, time.monotonic() - started)


def main() -> None:
    outcome = demonstrate()
    print("One thread forwards messages to a set of clients, another lets clients come and go.")
    print(f"{outcome.forwarded:,} messages went well, for {outcome.seconds * 1000:.0f} ms. Then:")
    print(f"RuntimeError: {outcome.error}" if outcome.error else "Nothing happened.")


if __name__ == "__main__":
    main()
