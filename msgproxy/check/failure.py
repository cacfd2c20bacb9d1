"""How a behaviour fails: in words for somebody who is stuck.

Rule: the code that waits only says what came instead (`Unexpected`). The behaviour, which knows
what it did and what it expected, adds that (`expecting`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


class Unexpected(Exception):
    """What came instead of what was expected, or that nothing came."""


class Unreachable(Unexpected):
    """There was no connection at all. So this says nothing about the behaviour."""


class BehaviourFailed(Exception):
    """The server does not have a behaviour: what was done, what was expected, what came instead."""

    def __init__(self, did: str, expected: str, instead: str) -> None:
        super().__init__(did, expected, instead)
        self.did, self.expected, self.instead = did, expected, instead

    @property
    def was_unreachable(self) -> bool:
        """Whether the server could not even be connected to."""
        return isinstance(self.__cause__, Unreachable)


@contextlib.contextmanager
def expecting(did: str, expected: str) -> Iterator[None]:
    """Say what a block does. `Unexpected` within it becomes `BehaviourFailed`, with all three."""
    try:
        yield
    except Unexpected as unexpected:
        raise BehaviourFailed(did, expected, str(unexpected)) from unexpected
