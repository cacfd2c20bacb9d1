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
    names = {}  # all clients that have joined, with their names; None without a name
    while True:
        match inbound.get():
            case Joined(session):
                names[session] = None
            case Received(sender, str(message)) if message.startswith("/nick "):
                give_name(names, sender, message.removeprefix("/nick "))
            case Received(sender, message):
                say(names.keys() - {sender}, message)
            case Left(session):
                name = names.pop(session)
                offer(session, None)
                if name is not None:
                    say(names, f"* {name} has left")


def give_name(names, session, name):
    """Give a client a name and tell all; or tell it that another client has it."""
    before = names[session]
    if any(names[other] == name for other in names.keys() - {session}):
        offer(session, f"* {name} is taken")
    else:
        names[session] = name
        say(names, f"* {name} is here" if before is None else f"* {before} is now {name}")


def say(sessions, message):
    """Put a message on the queues of some clients."""
    for session in sessions:
        offer(session, message)


def main():
    run_step(run_broker=run_broker)


if __name__ == "__main__":
    main()
