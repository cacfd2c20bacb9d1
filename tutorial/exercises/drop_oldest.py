"""Exercise 3: drop the oldest. A client that is too slow loses messages, not its connection.

When a message does not fit on a client's outbound queue, the oldest messages on it have to go
until it fits. The client stays, and gets what is new, in order. The bound stays, too.

Not everything on that queue is a message. The answer to the handshake is there, the pongs, and the
Close frame at the end: those must not get lost. They have no `item.messages`.

Given: the package, and a class of queues for it. `_put` is called with the queue's lock held, so
it must not wait. What waits are the items in the list `self._waiting`, the oldest first;
`self._bytes` is the sum of their `item.size`, and `self.limit` is how much that may be. (See
msgproxy/queues.py.) No other file changes. Check: python tutorial/exercises/check.py drop_oldest
"""

import sys
from pathlib import Path

sys.path.extend(map(str, Path(__file__).resolve().parents[:2]))  # base.py is in one of them

from base import run_package

from msgproxy import OutboundQueue, Queues


class DroppingQueue(OutboundQueue):
    """What waits for one client: at most `limit` bytes, and of the messages the newest."""

    def _put(self, item):
        # Your turn: make room for the item, if it needs any. The last one (`item.is_last`) needs
        # none, as there is always room for it.
        super()._put(item)  # if it does not fit, this raises queue.Full: the client is cut off


class DropOldest(Queues):
    """Makes such queues, for `Server(queues=DropOldest())`."""

    def outbound(self, limits, number):  # noqa: ARG002  (all clients get the same)
        return DroppingQueue(limits.outbound_limit)


def main():
    run_package(DropOldest())


if __name__ == "__main__":
    main()
