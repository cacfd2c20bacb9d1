"""Who is first?

The server starts a thread for Ann, and then one for Bob. Each thread
serves its client.

Afterwards: The order in which threads are started is not the order in which
they run.
Kind: break
Orders: 2, of which 1 break the promise
"""

from threading import Thread

served = []


def serve(name):
    served.append(name)


threads = [
    Thread(target=serve, name="ann", args=("ann",)),
    Thread(target=serve, name="bob", args=("bob",)),
]


def check():
    """The thread that is started first serves first."""
    assert served == ["ann", "bob"], f"{served[0]} was served first"


if __name__ == "__main__":
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check()
