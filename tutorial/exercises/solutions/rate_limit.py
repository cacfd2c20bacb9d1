"""Exercise 5: a rate limit. A client that talks too fast is slowed down, and no other is.

Each client has a bucket of `BURST` tokens, which is full when it comes. A message costs one token.
`RATE` tokens a second flow into the bucket, until it is full again. While the bucket is empty, what
its client says waits. Nothing is lost, the order stays, and nobody is disconnected.

Given: the reader of step 8, and the two numbers. `time.monotonic()` is a clock that nobody sets;
`time.time()` jumps when somebody does.
Check: python tutorial/exercises/check.py rate_limit
"""

import sys
import time
from contextlib import suppress
from pathlib import Path

sys.path.extend(map(str, Path(__file__).resolve().parents[:2]))  # base.py is in one of them

from base import run_step
from step08_bounds import GONE, Received, inbound

BURST = 20  # messages that a client may say at once
RATE = 5.0  # messages a second from then on


class Bucket:
    """The tokens of one client. Only its reader touches them, so there is no lock."""

    def __init__(self):
        self.tokens = BURST
        self.looked_at = time.monotonic()

    def take(self):
        """Take a token. If there is none, go into debt, and wait until it is paid."""
        now = time.monotonic()
        self.tokens = min(BURST, self.tokens + RATE * (now - self.looked_at)) - 1
        self.looked_at = now
        if self.tokens < 0:
            time.sleep(-self.tokens / RATE)


def run_reader(session):
    """Pass on whatever the client says, but not faster than it may."""
    bucket = Bucket()
    with suppress(*GONE):
        while True:
            message = session.websocket.receive()
            bucket.take()  # the reader waits, and with it only its client
            inbound.put(Received(session, message))  # waits for room


def main():
    run_step(run_reader=run_reader)


if __name__ == "__main__":
    main()
