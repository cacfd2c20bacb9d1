"""Never wait while you hold a lock

Ann's thread holds the lock while it sends to Sam, whose buffer has room
for one message. Sam's own thread reads from the buffer, but first it has
to note that he is there. Carol wants to join.

Afterwards: A thread that waits while it holds a lock makes everyone else
wait too, even the one it waits for.
Kind: break
Orders: 11, of which 2 break the promise
"""

from queue import Queue
from threading import Lock, Thread

lock = Lock()
buffer = Queue(1)
members = []


def forward():
    with lock:
        buffer.put("hello")
        buffer.put("bye")


def read():
    with lock:
        members.append("sam")
    buffer.get()
    buffer.get()


def join():
    with lock:
        members.append("carol")


threads = [
    Thread(target=forward, name="ann"),
    Thread(target=read, name="sam"),
    Thread(target=join, name="carol"),
]


def check():
    """Every thread ends."""
    assert len(members) == 2, f"only {members} joined"


if __name__ == "__main__":
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check()
