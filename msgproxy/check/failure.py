"""How a behaviour of `msgproxy check` fails: in words for somebody who is stuck.

Rule: who waits for something says only what came instead (`Surprise`). What was done, and what
was expected, says whoever had it in mind (`expecting`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


class Surprise(Exception):
    """What came instead of what was expected, or that nothing did."""


class Failed(Exception):
    """A behaviour is not there: what was done, what was expected, what came instead."""

    def __init__(self, did: str, expected: str, instead: str) -> None:
        super().__init__(did, expected, instead)
        self.did, self.expected, self.instead = did, expected, instead


@contextlib.contextmanager
def expecting(did: str, expected: str) -> Iterator[None]:
    """Say what a block is about; a `Surprise` in it becomes the `Failed` that tells all of it."""
    try:
        yield
    except Surprise as surprise:
        raise Failed(did, expected, str(surprise)) from surprise
