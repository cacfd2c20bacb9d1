"""For tests that have to be steady themselves: did this process get its turns?

A test that reads a little all the time, so that a server with a deadline is patient, shows nothing
on a machine that let it wait longer than that deadline. Then it has to be tried again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

TRIES = 10
BEAT = 0.02
"""Seconds."""


class Metronome:
    """A thread that wants to run all the time; `longest` is how long it once had to wait."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat)

    def __enter__(self) -> Metronome:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        last = time.monotonic()
        while not self._over.wait(BEAT):
            now = time.monotonic()
            self.longest = max(self.longest, now - last)
            last = now


def unless_starved(test: Callable[[], None], deadline: float) -> None:
    """Run what fails on a machine that lets it wait for half of `deadline` seconds.

    If it fails, and the machine has let it wait, it is run again.
    """
    for _ in range(TRIES):
        with Metronome() as metronome:
            try:
                return test()
            except (AssertionError, OSError, EOFError):
                if metronome.longest < deadline / 2:
                    raise
    raise AssertionError(f"in {TRIES} tries, this process never got its turns in time")
