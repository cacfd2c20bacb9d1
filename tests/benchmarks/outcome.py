"""What comes out of one run, as data, and what both sides have paid for it.

Rule: a run that went wrong is an outcome as well. Its flaws are counted, never averaged away.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

KIB = 1024


@dataclass(slots=True)
class Flaws:
    """What must not happen, in messages times receivers."""

    lost: int = 0
    duplicated: int = 0
    """Heard twice; a sender's own words that come back count as well."""

    reordered: int = 0
    """Heard after a later one of the same sender."""

    other_order: int = 0
    """Receivers to whom the senders spoke in another order than to the first that heard them."""


@dataclass(frozen=True, slots=True)
class Cores:
    """How many cores were kept busy, on average; by whom."""

    server: float
    load: float
    """Near 1 means that the load may have been what was measured, and not the server."""

    others: float
    """What runs beside is in the way of both: with more than a little, look at ratios only."""


@dataclass(slots=True)
class Outcome:
    """One run of one scenario against one server."""

    figures: dict[str, float]
    seconds: float
    cores: Cores | None
    """None where the system does not tell."""

    deliveries: int = 0
    flaws: Flaws = field(default_factory=Flaws)


class Meter:
    """Measures the time of a `with` block, and who uses the processor in it."""

    def __init__(self, server: int) -> None:
        self._server = server
        self.seconds = 0.0
        self.cores: Cores | None = None

    def __enter__(self) -> Self:
        self._before = processor_seconds(self._server)
        self._began = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self._began
        if self._before and (after := processor_seconds(self._server)):
            used = [b - a for a, b in zip(self._before, after, strict=True)]
            server, load, everyone = (seconds / self.seconds for seconds in used)
            self.cores = Cores(server, load, max(0.0, everyone - server - load))

    def outcome(self, figures: dict[str, float]) -> Outcome:
        """Return an outcome with what has been measured."""
        return Outcome(figures, self.seconds, self.cores)


def processor_seconds(server: int) -> tuple[float, float, float] | None:
    """Return the processor time so far of the server, of this process, and of everyone.

    Only on systems with /proc (`man proc_pid_stat`, `man proc_stat`).
    """
    try:
        # The second field is the program's name in parentheses, and may contain anything.
        of_server = Path(f"/proc/{server}/stat").read_text().rpartition(")")[2].split()[11:13]
        of_all = Path("/proc/stat").read_text().partition("\n")[0].split()[1:9]
    except OSError:
        return None
    user, nice, system, _idle, _waiting, *interrupts = map(int, of_all)
    tick = os.sysconf("SC_CLK_TCK")
    everyone = user + nice + system + sum(interrupts)
    return sum(map(int, of_server)) / tick, time.process_time(), everyone / tick


def resident_kib(process: int) -> float | None:
    """Return how much memory of a process is in RAM, on systems with /proc."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE") / KIB
