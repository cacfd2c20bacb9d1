"""What comes out: the outcome of one run, and of all runs the medians and ratios.

Rule: only figures of one run of the benchmark are compared. Rounds go round all servers, so
whatever else happens on the machine hits all of them; the median drops the best and the worst. A
run that went wrong is an outcome as well: its flaws are counted, never averaged away.
"""

from __future__ import annotations

import dataclasses
import os
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from contenders import Contender
from scenarios import KIB, Figure, Scenario


@dataclass(slots=True)
class Flaws:
    """What must not happen, in messages times receivers."""

    lost: int = 0
    duplicated: int = 0
    """Received twice; a sender's own messages that come back count as well."""

    reordered: int = 0
    """Received after a later one of the same sender."""

    other_order: int = 0
    """Receivers that got the messages in another order than the first one that got them."""


@dataclass(frozen=True, slots=True)
class Cores:
    """How many cores were busy on average, and with what."""

    server: float
    load: float
    """Near 1 means that the load may have been what was measured, and not the server."""

    others: float
    """Other programs slow both down: if this is more than a little, trust ratios only."""


@dataclass(slots=True)
class Outcome:
    """One run of one scenario against one server."""

    figures: dict[str, float]
    seconds: float
    cores: Cores | None
    """None where the system does not say."""

    deliveries: int = 0
    flaws: Flaws = field(default_factory=Flaws)


class Meter:
    """Measures the time of a `with` block, and the processor time of each side in it."""

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


@dataclass(frozen=True, slots=True)
class Result:
    """One measurement; without an outcome, it failed."""

    scenario: str
    server: str
    round: int
    outcome: Outcome | None
    error: str = ""


@dataclass(slots=True)
class Results:
    """What has been measured so far."""

    scenarios: list[Scenario]
    contenders: list[Contender]
    all: list[Result] = field(default_factory=list)

    @property
    def subjects(self) -> list[Contender]:
        """Return those that are compared with all others: msgproxy, or else the last one."""
        return [one for one in self.contenders if one.is_subject] or self.contenders[-1:]

    def outcomes(self, scenario: Scenario, contender: Contender) -> list[Outcome]:
        """Return the outcomes of all rounds that did not fail."""
        return [
            result.outcome
            for result in self.all
            if (result.scenario, result.server) == (scenario.name, contender.name)
            and result.outcome is not None
        ]

    def median(self, scenario: Scenario, contender: Contender, figure: Figure) -> float | None:
        """Return the median of a figure over the rounds; None if there is none."""
        outcomes = self.outcomes(scenario, contender)
        values = [o.figures[figure.name] for o in outcomes if figure.name in o.figures]
        return statistics.median(values) if values else None

    def ratio(
        self, scenario: Scenario, subject: Contender, peer: Contender, figure: Figure
    ) -> float | None:
        """Return the median of the subject, divided by that of a peer."""
        ours = self.median(scenario, subject, figure)
        theirs = self.median(scenario, peer, figure)
        return None if ours is None or not theirs else ours / theirs

    def cores(self, scenario: Scenario, contender: Contender) -> Cores | None:
        """Return how many cores were busy, in the median."""
        known = [o.cores for o in self.outcomes(scenario, contender) if o.cores is not None]
        if not known:
            return None
        rows = zip(*map(dataclasses.astuple, known), strict=True)
        return Cores(*map(statistics.median, rows))

    def cost(self, scenario: Scenario, contender: Contender) -> float | None:
        """Return the processor time of the server for one delivery, in microseconds."""
        costs = [
            outcome.cores.server * outcome.seconds / outcome.deliveries * 1e6
            for outcome in self.outcomes(scenario, contender)
            if outcome.cores is not None and outcome.deliveries
        ]
        return statistics.median(costs) if costs else None

    def flaws(self, contender: Contender) -> Flaws:
        """Return all flaws of a server, added up."""
        total = Flaws()
        for scenario in self.scenarios:
            for outcome in self.outcomes(scenario, contender):
                for name, number in dataclasses.asdict(outcome.flaws).items():
                    setattr(total, name, getattr(total, name) + number)
        return total

    def as_data(self) -> dict[str, Any]:
        """Return everything, for a file."""
        return {
            "scenarios": [dataclasses.asdict(scenario) for scenario in self.scenarios],
            "servers": [dataclasses.asdict(contender) for contender in self.contenders],
            "results": [dataclasses.asdict(result) for result in self.all],
            "medians": self._medians(),
            "ratios": self._ratios(),
        }

    def _medians(self) -> dict[str, dict[str, dict[str, float | None]]]:
        return {
            contender.name: {
                s.name: {f.name: self.median(s, contender, f) for f in s.figures}
                for s in self.scenarios
            }
            for contender in self.contenders
        }

    def _ratios(self) -> dict[str, dict[str, dict[str, float | None]]]:
        return {
            f"{subject.name} / {peer.name}": {
                s.name: {f.name: self.ratio(s, subject, peer, f) for f in s.figures}
                for s in self.scenarios
            }
            for subject in self.subjects
            for peer in self.contenders
            if subject is not peer
        }
