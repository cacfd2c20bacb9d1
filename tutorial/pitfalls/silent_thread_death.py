"""An exception in a thread neither ends the program nor reaches `join()`.

The thread dies, Python prints a traceback that scrolls away, and all other threads go on as if
nothing had happened. `threading.excepthook` is where a program can learn of it.

Symptom: Everything is silent since a traceback scrolled by.
Chapters: 06-broker, 13-package, 14-rust
"""

import threading
from typing import NamedTuple

DEADLINE = 20.0  # seconds


class Outcome(NamedTuple):
    join_raised: bool
    is_alive: bool
    seen_by_hook: list[str]
    """The names of threads that died, with what they died of."""


def work() -> None:
    raise ZeroDivisionError("a bug")


def demonstrate() -> Outcome:
    seen = []

    def note(death: threading.ExceptHookArgs) -> None:
        assert death.thread is not None
        seen.append(f"{death.thread.name} died of {death.exc_value!r}")

    usual, threading.excepthook = threading.excepthook, note
    try:
        thread = threading.Thread(target=work, name="writer-3")
        thread.start()
        join_raised = joins_with_error(thread)
    finally:
        threading.excepthook = usual
    return Outcome(join_raised, thread.is_alive(), seen)


def joins_with_error(thread: threading.Thread) -> bool:
    try:
        thread.join(DEADLINE)
    except ZeroDivisionError:
        return True
    return False


def main() -> None:
    join_raised, is_alive, seen_by_hook = demonstrate()
    print("A thread hits a bug, and the program goes on.")
    print(f"The thread {'lives' if is_alive else 'is dead'}.")
    print(f"join() {'raises the error' if join_raised else 'returns, as after any other end'}.")
    print(f"threading.excepthook has seen: {', '.join(seen_by_hook) or 'nothing'}.")


if __name__ == "__main__":
    main()
