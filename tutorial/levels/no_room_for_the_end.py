"""No room for the end mark

Bob's outbound queue has room for one item. The broker never waits: if
an item does not fit, it is dropped. Now Bob should get his last
message, and then the end mark that tells his writer to stop.

Afterwards: An end mark needs a place of its own: on a full queue it is
dropped like anything else.
Kind: break
Orders: 3, of which 1 break the promise
"""

import queue
from contextlib import suppress
from threading import Thread

outbound = queue.Queue(1)
sent = []


def run_broker():
    for item in ("hello", None):
        with suppress(queue.Full):
            outbound.put_nowait(item)


def run_writer():
    item = outbound.get()
    while item is not None:
        sent.append(item)
        item = outbound.get()


threads = [
    Thread(target=run_broker, name="broker"),
    Thread(target=run_writer, name="writer"),
]


def check():
    """The writer ends."""
    assert sent == ["hello"], f"it sent {sent}"


if __name__ == "__main__":
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check()
