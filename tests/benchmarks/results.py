"""All outcomes of one run of the benchmark: medians and ratios.

Rule: only figures of one run are compared. Rounds go round all servers, so what else happens
on the machine meets all of them; the median forgets the worst and the best of it.
"""

from __future__ import annotations

import dataclasses
import statistics
from dataclasses import dataclass, field
from typing import Any

from contenders import Contender
from outcome import Cores, Flaws, Outcome
from scenarios import Figure, Scenario


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
        """Return who kept how many cores busy, in the median."""
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
            for subject in self.contenders
            for peer in self.contenders
            if subject.is_subject and subject is not peer
        }
