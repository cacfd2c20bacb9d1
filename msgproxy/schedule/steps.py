"""Steps: what a schedule puts in order.

Rule: a step is a line of words, of which the first is the thread that takes it. In a schedule, any
of the other words may be left out: "reader-1 puts" is the next put of reader-1, whatever it puts,
and "broker puts outbound-2" is "broker puts 1.1 on outbound-2" too. "somebody" is any thread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from msgproxy.errors import MsgproxyError


class StepMissed(MsgproxyError):
    """A step did not come in time; the text says which thread waits for which step."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a thread waits for: a step, and whether it can be done without more waiting."""

    step: str
    is_possible: Callable[[], bool]

    def __str__(self) -> str:
        return f"'{self.step}'" + ("" if self.is_possible() else " (not possible yet)")


def matches(step: str, full: str) -> bool:
    """Return whether a step, perhaps with words left out, is this one."""
    words = iter(full.split())
    first, *others = step.split()
    return first in (next(words), "somebody") and all(word in words for word in others)
