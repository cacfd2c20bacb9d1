"""A broker that puts on the bounded queue that it reads itself can wait for ever.

Only the broker makes room on its queue. If the queue is full when the broker itself has something
to put, it waits for a thread that never comes: itself. It works for as long as there is little to
do, and then everything stops. A broker keeps such notes for itself, or handles them at once.

Symptom: Under load everything stops, the processor is idle, and there is no error.
Chapters: 07-leaving
"""

import queue
import threading
from typing import NamedTuple

DEADLINE = 20.0  # seconds
PATIENCE = 0.5  # seconds; a plain put() would wait for ever


class Outcome(NamedTuple):
    when_idle: bool
    """Whether the broker could put its note on a queue on which nobody else puts."""
    when_busy: bool
    """Whether it could while a reader was waiting for room."""


def broker(inbound: queue.Queue[str], taken: threading.Event, may_go_on: threading.Event) -> bool:
    inbound.get()
    taken.set()
    may_go_on.wait(DEADLINE)
    try:
        inbound.put("a client is gone", timeout=PATIENCE)
    except queue.Full:
        return False
    return True


def demonstrate() -> Outcome:
    return Outcome(can_put(more_messages=0), can_put(more_messages=1))


def can_put(more_messages: int) -> bool:
    inbound: queue.Queue[str] = queue.Queue(maxsize=1)
    taken, may_go_on = threading.Event(), threading.Event()

    def reader() -> None:
        inbound.put("hello")
        taken.wait(DEADLINE)
        for _ in range(more_messages):
            inbound.put("hello again")
        may_go_on.set()

    thread = threading.Thread(target=reader)
    thread.start()
    could = broker(inbound, taken, may_go_on)
    thread.join(DEADLINE)
    return could


def main() -> None:
    when_idle, when_busy = demonstrate()
    print("A broker takes a message and puts a note on the queue that it reads.")
    print(f"Nobody else puts anything: {'it goes on' if when_idle else 'it waits'}.")
    print(f"A reader was quicker: {'it goes on' if when_busy else 'it waits, for itself'}.")


if __name__ == "__main__":
    main()
