"""A lock for writers

Carol joins and Bob leaves: they change the set, so they take the lock.
Ann's thread only reads the set.

Afterwards: A lock protects data only if every thread that uses the data takes it, readers too.
Kind: decide
Orders: 48, of which 34 break the promise
"""

from threading import Lock, Thread

clients = {1, 2}
received = []
lock = Lock()


def forward():
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
