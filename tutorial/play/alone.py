"""Left alone: how often a level fails when nobody decides.

Rule: the same file, with nothing woven in and with Python's own locks and queues. What comes out
differs from machine to machine, and from day to day; so no test and no page depends on it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from .level import Level

RUNS = 2000
PATIENCE = 0.25
"""Seconds after which threads that have not ended count as stuck."""
STUCK = 5
"""Runs that may get stuck, before this is taken for the rule."""


@dataclass(frozen=True, slots=True)
class Alone:
    """How many runs there were, and how many of them kept the promise."""

    runs: int
    kept: int


def left_alone(level: Level, runs: int = RUNS) -> Alone:
    """Run a level many times, as it is."""
    done = kept = stuck = 0
    while done < runs and stuck < STUCK:
        outcome = run_once(level)
        done += 1
        kept += outcome is True
        stuck += outcome is None
    return Alone(done, kept)


def run_once(level: Level) -> bool | None:
    """Return whether the promise was kept; None if threads got stuck."""
    module: dict[str, Any] = {"__name__": level.name}
    exec(level.plain, module)
    died: list[object] = []
    for thread in module["threads"]:
        thread.daemon = True
        thread.run = _noting(thread.run, died)
        thread.start()
    deadline = time.monotonic() + PATIENCE
    for thread in module["threads"]:
        thread.join(max(0.0, deadline - time.monotonic()))
    if any(thread.is_alive() for thread in module["threads"]):
        return None
    try:
        module["check"]()
    except AssertionError:
        return False
    return not died


def _noting(run: Any, died: list[object]) -> Any:
    def run_and_note() -> None:
        try:
            run()
        except Exception as error:
            died.append(error)

    return run_and_note
