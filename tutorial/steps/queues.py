"""The queues of steps 11 and 12. Threads meet here, so queues decide how they work together.

`queue.Queue` calls `_put` to store an item and `_get` to hand one out, each with its lock held.
Both are there to be overridden.
"""

import queue


class CloseFrame(bytes):
    """The last frame for a client."""


class BatchQueue(queue.Queue):
    """A queue whose `get` returns everything that is waiting, as a list."""

    def _get(self):
        everything = list(self.queue)
        self.queue.clear()
        self.not_full.notify_all()  # there is room for all threads that wait to put, not for one
        return everything


class OutboundQueue(BatchQueue):
    """A bounded queue that always has room for a Close frame, and takes nothing after it."""

    def __init__(self, limit):
        super().__init__()  # without a bound, so `put` never waits
        self.limit = limit

    def _put(self, item):
        if self.queue and isinstance(self.queue[-1], CloseFrame):
            return  # the writer looks for it at the end of each batch
        if self._qsize() >= self.limit and not isinstance(item, CloseFrame):
            raise queue.Full
        super()._put(item)
