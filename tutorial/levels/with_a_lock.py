"""With a lock

The set that changed, now with a lock. Both threads take it.

Afterwards: If every thread takes the lock, none of them finds the set half
changed.
Kind: decide
Orders: 2, of which 0 break the promise
"""

from threading import Lock, Thread

clients = {1, 2}
inbox = {1: [], 2: [], 3: []}
lock = Lock()


def forward():
    with lock:
        for client in clients:
            inbox[client].append("hi")


def join():
    with lock:
        clients.add(3)


threads = [
    Thread(target=forward, name="ann"),
    Thread(target=join, name="carol"),
]


def check():
    """Clients 1 and 2 receive the message, and no thread dies."""
    missed = [n for n in (1, 2) if inbox[n] != ["hi"]]
    assert not missed, f"{missed} did not receive it"


if __name__ == "__main__":
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check()
