"""What you go on changing after `put` changes on the queue, too.

A queue holds the object itself, not a copy. In Rust the compiler refuses code that uses a value
after sending it. In Python nobody stops you, unless the message cannot be changed at all.

Symptom: What I take from a queue is not what was put there.
Chapters: 06-broker, 14-rust
"""

import dataclasses
import queue
from typing import NamedTuple


@dataclasses.dataclass(frozen=True)
class Received:
    words: tuple[str, ...]


class Outcome(NamedTuple):
    put: list[str]
    got: list[str]
    frozen_error: str
    """What Python says when a frozen message is changed; empty if nothing."""


def put_and_change() -> tuple[list[str], list[str]]:
    inbound: queue.Queue[list[str]] = queue.Queue()
    message = ["hello"]
    put = list(message)
    inbound.put(message)
    message.append("goodbye")
    return put, inbound.get()


def put_and_change_frozen() -> str:
    inbound: queue.Queue[Received] = queue.Queue()
    message = Received(("hello",))
    inbound.put(message)
    try:
        message.words = ("goodbye",)  # type: ignore[misc]  # mypy stops you, and so does Python
    except dataclasses.FrozenInstanceError as error:
        return str(error)
    return ""


def demonstrate() -> Outcome:
    return Outcome(*put_and_change(), put_and_change_frozen())


def main() -> None:
    put, got, frozen_error = demonstrate()
    print(f"put on the queue: {put}")
    print(f"got from it:      {got}")
    print(f"with a frozen message: {frozen_error or 'nobody objects'}")


if __name__ == "__main__":
    main()
