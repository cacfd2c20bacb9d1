"""Two join

Ann and Bob join at the same moment, each in a thread of its own. Each
looks who is there, and writes down the list with its own name added.

Afterwards: Between looking and writing, another thread can write.
Kind: break
Orders: 6, of which 4 break the promise
"""

from threading import Thread

members = []


def join(name):
    global members
    found = members
    members = [*found, name]


threads = [
    Thread(target=join, name="ann", args=("ann",)),
    Thread(target=join, name="bob", args=("bob",)),
]


def check():
    """Both are members."""
    both = sorted(members) == ["ann", "bob"]
    assert both, f"only {members[0]} is a member"


if __name__ == "__main__":
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check()
