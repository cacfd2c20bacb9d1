"""A full queue has no room for the end mark of its reader; `Queue.shutdown` needs none.

The mark that says "this was the last one", usually `None`, is an item, and needs a place like any
other. Since Python 3.13 a queue can be shut down instead, which also wakes all threads that wait.

Symptom: I cannot stop a thread: its queue is full.
Chapters: 10-stopping
"""

import queue
import threading
import time
from typing import NamedTuple

DEADLINE, MOMENT = 20.0, 0.1  # seconds


class Outcome(NamedTuple):
    mark_fits: bool
    has_shutdown: bool
    woken: int
    """How many of two threads that waited for room it woke."""


def full_queue() -> queue.Queue[str | None]:
    outbound: queue.Queue[str | None] = queue.Queue(maxsize=1)
    outbound.put("a message that nobody takes")
    return outbound


def mark_fits() -> bool:
    try:
        full_queue().put_nowait(None)
    except queue.Full:
        return False
    return True


def woken_by_shutdown() -> int:
    outbound, woken = full_queue(), []

    def wait_for_room() -> None:
        try:
            outbound.put("another message")
        except queue.ShutDown:
            woken.append(threading.current_thread())

    threads = [threading.Thread(target=wait_for_room) for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(MOMENT)  # now they wait
    outbound.shutdown()
    for thread in threads:
        thread.join(DEADLINE)
    return len(woken)


def demonstrate() -> Outcome:
    has_shutdown = hasattr(queue.Queue, "shutdown")
    return Outcome(mark_fits(), has_shutdown, woken_by_shutdown() if has_shutdown else 0)


def main() -> None:
    fits, has_shutdown, woken = demonstrate()
    print(f"The end mark {'fits' if fits else 'does not fit'} on a full queue.")
    print(f"shutdown() woke {woken} of 2." if has_shutdown else "shutdown() comes with 3.13.")


if __name__ == "__main__":
    main()
