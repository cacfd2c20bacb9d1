"""`queue.Queue(0)` does not mean "no room": it means no bound at all.

A size that was computed, and came out as 0, takes the bound away silently. In Rust (tokio)
a channel of capacity 0 panics, and an unbounded one has a name of its own.

Symptom: My queue has no bound, although I gave it a size.
Chapters: 08-bounds, 14-rust
"""

import queue
from typing import NamedTuple

MANY = 100_000


class Outcome(NamedTuple):
    """How many of many items went on without waiting."""

    of_zero: int
    of_one: int


def fill(maxsize: int) -> int:
    items: queue.Queue[int] = queue.Queue(maxsize)
    for count in range(MANY):
        try:
            items.put_nowait(count)
        except queue.Full:
            return count
    return MANY


def demonstrate() -> Outcome:
    return Outcome(fill(0), fill(1))


def main() -> None:
    of_zero, of_one = demonstrate()
    print(f"queue.Queue(1) took {of_one:,} of {MANY:,} items without waiting.")
    print(f"queue.Queue(0) took {of_zero:,}.")


if __name__ == "__main__":
    main()
