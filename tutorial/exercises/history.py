"""Exercise 4: a history. A client that joins first gets what was said last.

A newcomer gets the last `HISTORY` messages that anybody has said, or as many as there are, in
their order, texts as text and bytes as bytes. Then it gets what is said from now on. At the seam
between the two no message is lost, and none comes twice, however much is being said meanwhile.

Given: the broker of step 8, and how long the history is.
Check: python tutorial/exercises/check.py history
"""

import sys
from pathlib import Path

sys.path.extend(map(str, Path(__file__).resolve().parents[:2]))  # base.py is in one of them

from base import run_step
from step08_bounds import Joined, Left, Received, inbound, offer

HISTORY = 50  # messages; fewer than fit on the outbound queue of a newcomer


def run_broker():
    """Take what has happened, one thing after the other, and put messages on outbound queues."""
    sessions = set()  # all clients that have joined
    # Your turn: who keeps the history, and when does a newcomer get it?
    while True:
        match inbound.get():
            case Joined(session):
                sessions.add(session)
            case Received(sender, message):
                for session in sessions - {sender}:
                    offer(session, message)
            case Left(session):
                sessions.discard(session)
                offer(session, None)


def main():
    run_step(run_broker=run_broker)


if __name__ == "__main__":
    main()
