"""A lock for writers

Carol's thread changes the set, so it takes the lock. Ann's thread only
reads the set.

Afterwards: A lock protects data only if every thread that uses the data
takes it, readers too.
Kind: decide
Orders: 48, of which 34 break the promise
"""

from threading import Lock, Thread

clients = {1, 2}
inbox = {1: [], 2: [], 3: []}
lock = Lock()


def forward():
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
