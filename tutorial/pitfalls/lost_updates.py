"""A call between reading and writing a shared number loses updates; a bare `+= 1` no longer does.

Since Python 3.10 a thread that has the GIL gives way at calls and turns of a loop, not between any
two instructions. So the famous race is gone, until you put a call in. Without a GIL, both lose.

Symptom: My counter ends up too small.
Chapters: 04-lock, 15-asyncio
"""

import sys
import threading
from collections.abc import Callable
from typing import NamedTuple

THREADS, TURNS = 4, 100_000


class Outcome(NamedTuple):
    lost_plain: int
    lost_with_call: int
    has_gil: bool


class Counter:
    n = 0


def count_plain(counter: Counter) -> None:
    for _ in range(TURNS):
        counter.n += 1


def count_with_call(counter: Counter) -> None:
    for _ in range(TURNS):
        counter.n = increased(counter.n)


def increased(n: int) -> int:
    return n + 1


def lost(count: Callable[[Counter], None]) -> int:
    counter = Counter()
    threads = [threading.Thread(target=count, args=(counter,)) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60.0)
    return THREADS * TURNS - counter.n


def demonstrate() -> Outcome:
    has_gil = getattr(sys, "_is_gil_enabled", lambda: True)()  # before 3.13, there is no other
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # seconds: threads take turns often, so that it shows each time
    try:
        return Outcome(lost(count_plain), lost(count_with_call), has_gil)
    finally:
        sys.setswitchinterval(usual)


def main() -> None:
    lost_plain, lost_with_call, has_gil = demonstrate()
    print(f"{THREADS} threads count to {TURNS:,} each, {'with' if has_gil else 'without'} the GIL.")
    print(f"counter.n += 1                    lost {lost_plain:,}")
    print(f"counter.n = increased(counter.n)  lost {lost_with_call:,}")


if __name__ == "__main__":
    main()
