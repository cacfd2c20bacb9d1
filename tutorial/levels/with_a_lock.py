"""With a lock

The set that changed, now with a lock. Both threads take it.

Afterwards: If every thread takes the lock, none of them finds the set half changed.
Kind: decide
Orders: 2, of which 0 break the promise
"""

from threading import Lock, Thread

clients = {1, 2}
received = []
lock = Lock()


def forward():
    with lock:
        for client in clients:
            received.append(client)


def join():
    with lock:
        clients.add(3)


threads = [
    Thread(target=forward, name="ann"),
    Thread(target=join, name="carol"),
]


def check():
    """Clients 1 and 2 receive the message, and no thread dies."""
    assert {1, 2} <= set(received), f"only {received} received it"


if __name__ == "__main__":
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check()
