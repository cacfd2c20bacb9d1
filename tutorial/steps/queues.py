"""The queues of step 11. Threads meet at them, so how the threads work together is decided here.

`put` and `get` are those of `queue.Queue`. It calls `_put` and `_get`, with its lock held, to
store items and to hand them out; these two are there to be overridden.
"""

import queue


class Farewell(bytes):
    """The last frame for a client."""


class BatchQueue(queue.Queue):
    """A queue whose `get` hands over all that is waiting, as a list."""

    def _get(self):
        everything = list(self.queue)
        self.queue.clear()
        self.not_full.notify_all()  # there is room for all who wait to put, and not for one
        return everything


class OutboundQueue(BatchQueue):
    """A bounded queue that has always room for a farewell. Behind that it takes nothing more."""

    def __init__(self, limit):
        super().__init__()  # without a bound: so `put` never waits
        self.limit = limit

    def _put(self, item):
        if self.queue and isinstance(self.queue[-1], Farewell):
            return  # the writer looks for it at the end of what it takes
        if self._qsize() >= self.limit and not isinstance(item, Farewell):
            raise queue.Full
        super()._put(item)
