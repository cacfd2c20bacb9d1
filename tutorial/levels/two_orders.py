"""Two orders

Each client has an outbound queue now. Ann and Bob talk at the same
moment, to Carol and to Dan. Each thread puts its message on both queues.

Afterwards: Each queue keeps its order, but nothing keeps the order of one
queue equal to that of another.
Kind: break
Orders: 6, of which 2 break the promise
"""

from queue import Queue
from threading import Thread

carol = Queue()
dan = Queue()


def forward(message):
    carol.put(message)
    dan.put(message)


threads = [
    Thread(target=forward, name="ann", args=("A",)),
    Thread(target=forward, name="bob", args=("B",)),
]


def taken(queue):
    return [queue.get_nowait(), queue.get_nowait()]


def check():
    """Carol and Dan receive the messages in the same order."""
    first, second = taken(carol), taken(dan)
    assert first == second, f"Carol receives {first}, Dan {second}"


if __name__ == "__main__":
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check()
