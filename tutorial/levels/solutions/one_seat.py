"""One seat left

The server admits one client more. Ann and Bob ask at the same moment, each
in a thread of its own, and each thread first looks whether there is room.

Afterwards: What was true when a thread looked need not be true when it
acts. To look and to act have to be one step.
Kind: break
Orders: 6, of which 4 break the promise
"""

from threading import Thread

LIMIT = 1
clients = []


def admit(name):
    if len(clients) < LIMIT:
        clients.append(name)


threads = [
    Thread(target=admit, name="ann", args=("ann",)),
    Thread(target=admit, name="bob", args=("bob",)),
]


def check():
    """At most one client is admitted."""
    assert len(clients) <= LIMIT, f"{clients} are in"


if __name__ == "__main__":
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check()
