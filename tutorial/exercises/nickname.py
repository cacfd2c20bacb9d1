"""Exercise 2: nicknames. A client takes a name, and the server announces it.

A text message that begins with `/nick ` asks for the name after it. It is forwarded to nobody.
Instead, the server says as text:

* to all, including the one that asks: `* ann is here`; if it had a name before, `* ann is now eve`;
* if another client has that name, only to the one that asks: `* ann is taken`;
* when a client with a name leaves, to all others: `* ann has left`. The name is free again.

Everything else is forwarded as before, unchanged: clients need no name to talk.

Given: the broker of step 8. Check: python tutorial/exercises/check.py nickname
"""

import sys
from pathlib import Path

sys.path.extend(map(str, Path(__file__).resolve().parents[:2]))  # base.py is in one of them

from base import run_step
from step08_bounds import Joined, Left, Received, inbound, offer


def run_broker():
    """Take what has happened, one thing after the other, and put messages on outbound queues."""
    sessions = set()  # all clients that have joined
    while True:
        match inbound.get():
            case Joined(session):
                sessions.add(session)
            case Received(sender, message):
                # Your turn: is it a request for a name? Who has it? Who has to be told?
                for session in sessions - {sender}:
                    offer(session, message)
            case Left(session):
                # Your turn: did it have a name?
                sessions.discard(session)
                offer(session, None)


def main():
    run_step(run_broker=run_broker)


if __name__ == "__main__":
    main()
