"""One order

Ann says two things, and Bob says one. Now the threads put them on one inbound queue,
and a broker takes them from there and puts them on the outbound queues.

Afterwards: One thread decides what came first. So there is one order, and
everyone gets it.
Kind: decide
Orders: 66, of which 0 break the promise
"""

from queue import Queue
from threading import Thread

inbound = Queue()
carol = Queue()
dan = Queue()


def read(*messages):
    for message in messages:
        inbound.put(message)


def run_broker():
    for _ in range(3):
        message = inbound.get()
        carol.put(message)
        dan.put(message)


threads = [
    Thread(target=read, name="ann", args=("A", "a")),
    Thread(target=read, name="bob", args=("B",)),
    Thread(target=run_broker, name="broker"),
]


def taken(queue):
    return [queue.get_nowait() for _ in range(3)]


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
