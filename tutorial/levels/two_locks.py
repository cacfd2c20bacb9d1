"""Two locks, two orders

There are two rooms, each with a lock. Ann moves from blue to red, Bob
from red to blue. Each thread takes the lock of the room it leaves, and
then also the lock of the other.

Afterwards: If every thread takes several locks in the same order, none of
them can wait in a circle.
Kind: break
Orders: 12, of which 6 break the promise
"""

from threading import Lock, Thread


class Room:
    def __init__(self, member):
        self.lock = Lock()
        self.members = [member]


blue = Room("ann")
red = Room("bob")


def move(name, old, new):
    with old.lock:
        old.members.remove(name)
        with new.lock:
            new.members.append(name)


threads = [
    Thread(target=move, name="ann", args=("ann", blue, red)),
    Thread(target=move, name="bob", args=("bob", red, blue)),
]


def check():
    """Both have moved."""
    moved = (blue.members, red.members) == (["bob"], ["ann"])
    assert moved, f"blue has {blue.members}, red has {red.members}"


if __name__ == "__main__":
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check()
