"""Exercise 3: what becomes of a client that does not read for a while."""

from itertools import pairwise

from msgproxy.check.behaviours.catalogue import Behaviour
from msgproxy.check.behaviours.load import AT_ONCE
from msgproxy.check.client import Client
from msgproxy.check.failure import Unexpected, expecting
from msgproxy.check.frames import PING, PONG
from msgproxy.check.harness import Harness

SIZE = 64 * 1024
"""Bytes of a message, its number included: a block."""

STUCK = 192
"""Blocks after which the server waits in the middle of sending: 12 MiB."""

BLOCKS = 1024
"""Blocks that are said in all: four times what fits on an outbound queue."""

NEWEST = 100
"""Blocks that have to be among those that are kept; some more than half a queue."""

STILL_THERE = "are you still there?"


def stays(harness: Harness) -> None:
    """A client that does not read for a while is not cut off."""
    overflow(harness)


def newest(harness: Harness) -> None:
    """What is kept for it is what was said last."""
    numbers = overflow(harness)
    expected = f"S gets the last {NEWEST} of them, at the least"
    with expecting(f"{DID}, {BLOCKS} in all", expected):
        missing = sorted(set(range(BLOCKS - NEWEST, BLOCKS)) - set(numbers))
        if missing:
            some = ", ".join(str(number + 1) for number in missing[:3])
            got = f"{len(numbers)} blocks, the last of them number {max(numbers, default=-1) + 1}"
            raise Unexpected(f"S got {got}; there were missing {some} and others")


def in_order(harness: Harness) -> None:
    """What it gets is in order, and nothing comes twice."""
    numbers = overflow(harness)
    with expecting(DID, "S gets them in order, with a gap where the oldest were"):
        for before, after in pairwise(numbers):
            if before >= after:
                raise Unexpected(f"S got block {after + 1} behind block {before + 1}")


def bounded(harness: Harness) -> None:
    """The bound is still there."""
    numbers = overflow(harness)
    with expecting(f"{DID}, {BLOCKS * SIZE >> 20} MiB in all", "not all of it is kept for S"):
        if len(numbers) == BLOCKS:
            raise Unexpected("S got all of it: so it was all in the server's memory")


def keeps_pongs(harness: Harness) -> None:
    """Only messages are dropped: a ping is answered, however much is dropped after it."""
    overflow(harness)
    slow = harness.clients[-1]
    with expecting(f"{DID}; S had sent a ping before it was too much", "the pong comes, too"):
        if b"are you there?" not in slow.pongs:
            raise Unexpected("it got messages, and no pong")


DID = "S stopped reading, A said one block of 64 KiB after the other, and then S read again"


def overflow(harness: Harness) -> list[int]:
    """Say far too much for a client that does not read; return which blocks it gets."""
    a, slow = flood(harness)
    slow.reads = True
    with expecting(f"{DID}; then A said {STILL_THERE!r}", "S is still connected, and gets that"):
        harness.say_until_heard(a, STILL_THERE, [slow], all)
    numbers: list[int] = []
    with expecting(DID, "S gets some of the blocks, each whole"):
        while (heard := harness.hear(slow)) != STILL_THERE:
            if not (isinstance(heard, bytes) and len(heard) == SIZE and heard[:8].isdigit()):
                raise Unexpected(f"S got something else: {heard!r:.40}")
            numbers.append(int(heard[:8]))
    return numbers


def flood(harness: Harness) -> tuple[Client, Client]:
    """Say all the blocks; return the client that said them, and the one that did not read."""
    a, b, slow = harness.connect_all("A", "B", "S", slow="S")
    slow.reads = False
    for number in range(0, BLOCKS, AT_ONCE):
        if number == STUCK:
            slow.send_frame(PING, b"are you there?")
        did = f"S stopped reading, and A said blocks of 64 KiB: at number {number + 1} of {BLOCKS}"
        blocks = [block(number + n) for n in range(AT_ONCE)]
        with expecting(did, "the server takes them, and B, who reads, gets them all, in order"):
            harness.say(a, *blocks)
            hear_all(harness, b, blocks)
        slow.send_frame(PONG)  # a sign of life: it is slow, and not dead
    return a, slow


def hear_all(harness: Harness, client: Client, blocks: list[bytes]) -> None:
    for expected in blocks:
        if harness.hear(client) != expected:
            raise Unexpected(f"{client.name} got something else")


def block(number: int) -> bytes:
    return b"%08d" % number + bytes(SIZE - 8)


BEHAVIOURS = (
    Behaviour("stays", "08-bounds", stays),
    Behaviour("newest", "08-bounds", newest),
    Behaviour("in-order", "08-bounds", in_order),
    Behaviour("bounded", "08-bounds", bounded),
    Behaviour("keeps-pongs", "09b-one-sender", keeps_pongs),
)
