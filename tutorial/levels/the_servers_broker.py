"""The server's own broker

This is the broker of msgproxy itself, with its own queue. Ann joins.
Bob joins and says something at once. The server stops when both readers
have ended. The broker's code is not stepped line by line: only its queues
can be touched by others, so it stops there.

Afterwards: Nothing is shared that could be seen half done. Who receives
what depends on one order alone: that of the inbound queue.
Kind: decide
Orders: 102, of which 0 break the promise
"""

from threading import Thread

from msgproxy.broker import Broker
from msgproxy.events import Joined, Received, Stopped
from msgproxy.queues import InboundQueue


class Client:
    def __init__(self, name, number):
        self.name = name
        self.number = number
        self.received = []

    def send(self, outgoing):
        self.received += outgoing.messages
        return True

    def end(self, reason):
        self.received.append(reason.code)


inbound = InboundQueue(1000)
ann = Client("ann", 1)
bob = Client("bob", 2)
broker = Broker(inbound, None, echo=False)


def read_ann():
    inbound.put(Joined(ann))


def read_bob():
    inbound.put(Joined(bob))
    inbound.put(Received(bob, "hi", 2, 1))


def stop():
    threads[0].join()
    threads[1].join()
    inbound.put(Stopped())


SHOWN = [Broker.run]

threads = [
    Thread(target=read_ann, name="reader-1"),
    Thread(target=read_bob, name="reader-2"),
    Thread(target=broker.run, name="broker"),
    Thread(target=stop, name="accept"),
]


def check():
    """Members receive "hi" if it came after they joined, and all get a Close frame."""
    assert ann.received[-1:] == [1001], f"Ann got {ann.received}"
    assert bob.received == [1001], f"Bob got {bob.received}"


if __name__ == "__main__":
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check()
