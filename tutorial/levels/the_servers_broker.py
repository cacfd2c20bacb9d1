"""The server's own broker

This is the broker of msgproxy itself, with its own queues. Ann joins.
Bob joins and says something at once. The server stops when both readers
have ended. The broker is not stepped line by line: it shares nothing with
other threads but queues, so it stops where it takes and where it puts.

Afterwards: No thread can see anything half done. Which client receives
what depends on one order alone: that of the inbound queue.
Kind: decide
Orders: 204, of which 0 break the promise
"""

from threading import Thread

from msgproxy.broker import Broker
from msgproxy.events import Joined, MessageId, Received, Stopped
from msgproxy.queues import InboundQueue, OutboundQueue


class Client:
    def __init__(self, name, number):
        self.name = name
        self.number = number
        self.outbound = OutboundQueue(1000)


inbound = InboundQueue(1000)
ann = Client("ann", 1)
bob = Client("bob", 2)
broker = Broker(inbound, None, echo=False)
hi = MessageId(2, 1)


def read_ann():
    inbound.put(Joined(ann))


def read_bob():
    inbound.put(Joined(bob))
    inbound.put(Received(bob, "hi", 2, hi))


def stop():
    threads[0].join()
    threads[1].join()
    inbound.put(Stopped())


SHOWN = [Broker.run, Broker._forward]

threads = [
    Thread(target=read_ann, name="reader-1"),
    Thread(target=read_bob, name="reader-2"),
    Thread(target=broker.run, name="broker"),
    Thread(target=stop, name="accept"),
]


def received(client):
    batches = []
    while not client.outbound.empty():
        batches += client.outbound.take_all()
    return [m for b in batches for m in b.messages or ["Close"]]


def check():
    """Bob receives no message of his own, Ann each of his at most once, and both a Close frame."""
    to_ann, to_bob = received(ann), received(bob)
    assert to_ann in ([hi, "Close"], ["Close"]), f"Ann received {to_ann}"
    assert to_bob == ["Close"], f"Bob received {to_bob}"


if __name__ == "__main__":
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check()
