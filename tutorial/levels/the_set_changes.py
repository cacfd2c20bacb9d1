"""The set changes

Ann's thread forwards what she says to clients 1 and 2. Meanwhile Carol,
client 3, joins.

Afterwards: A loop is many steps. If the set changes between two of them,
the thread that loops pays for it.
Kind: break
Orders: 6, of which 4 break the promise
"""

from threading import Thread

clients = {1, 2}
inbox = {1: [], 2: [], 3: []}


def forward():
    for client in clients:
        inbox[client].append("hi")


def join():
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
