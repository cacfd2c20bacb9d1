"""Do not talk to yourself

The broker finds that Bob has gone, and reports that on its own inbound
queue, which has room for one item. Ann is about to say something.

Afterwards: A thread that takes from a queue must not wait for room on it:
nobody else would make any.
Kind: break
Orders: 2, of which 1 break the promise
"""

from queue import Queue
from threading import Thread

inbound = Queue(1)
handled = []


def read():
    inbound.put("hello")


def run_broker():
    inbound.put("bob has left")
    handled.append(inbound.get())
    handled.append(inbound.get())


threads = [
    Thread(target=read, name="ann"),
    Thread(target=run_broker, name="broker"),
]


def check():
    """The broker handles everything."""
    assert len(handled) == 2, f"it handled only {handled}"


if __name__ == "__main__":
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check()
