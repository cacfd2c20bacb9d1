"""A ring of waiting

Every queue has a bound now, and every thread waits for room. Ann and Bob
each say two things and then read two. The broker forwards what Ann says
to Bob, and what Bob says to Ann. An item on the inbound queue is the
queue on which the broker should put it.

Afterwards: In a ring of bounded queues everyone can wait for the next one,
and nobody is last.
Kind: decide
Orders: 436, of which 4 break the promise
"""

from queue import Queue
from threading import Thread

inbound = Queue(1)
to_ann = Queue(1)
to_bob = Queue(1)


def talk(other, own):
    inbound.put(other)
    inbound.put(other)
    own.get()
    own.get()


def run_broker():
    for _ in range(4):
        outbound = inbound.get()
        outbound.put("hi")


threads = [
    Thread(target=talk, name="ann", args=(to_bob, to_ann)),
    Thread(target=talk, name="bob", args=(to_ann, to_bob)),
    Thread(target=run_broker, name="broker"),
]


def check():
    """Every thread ends."""
    assert inbound.empty(), "the broker left something behind"


if __name__ == "__main__":
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check()
