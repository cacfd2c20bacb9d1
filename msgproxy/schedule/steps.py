"""Steps: what a schedule puts in order.

Rule: a step is a line of words, of which the first is the thread that takes it. Whoever writes
a schedule may leave out words behind that: "reader-1 puts" means the next one, whatever reader-1
puts there, and "broker puts outbound-2" is "broker puts 1.1 on outbound-2" too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from msgproxy.errors import MsgproxyError


class StepMissed(MsgproxyError):
    """A step did not come in time; the text says who stands where."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a thread stands at: a step, and whether it can be done without waiting."""

    step: str
    is_possible: Callable[[], bool]

    def __str__(self) -> str:
        return f"'{self.step}'" + ("" if self.is_possible() else " (not possible yet)")


def means(step: str, full: str) -> bool:
    """Return whether a step, as somebody wrote it, means this one."""
    words = iter(full.split())
    first, *others = step.split()
    return next(words) == first and all(word in words for word in others)
