"""The scenarios: what is measured, as data.

Rule: nothing here runs. `measure.py` says how each kind is measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, slots=True)
class Scenario:
    """One thing to measure. A field that a kind of scenario does not use is 0."""

    name: str
    kind: str
    """How it is measured: "traffic", "idle", "churn" or "visits"."""

    about: str
    clients: int
    figures: tuple[Figure, ...]
    senders: int = 0
    size: int = 0
    """Bytes of a message."""

    window: int = 0
    """Messages that each sender may have on the way: sent, and not yet heard by everyone."""

    rate: int = 0
    """Messages a second, of all senders together, if there is no window."""

    visits: tuple[int, ...] = ()
    """After how many visits the memory of the server is looked at."""

    def with_at_most(self, clients: int) -> Scenario:
        """Return the same with fewer clients: for a quick look, on a machine with few files."""
        return replace(self, clients=max(self.senders + 1, min(self.clients, clients)))

    def with_visits(self, visits: Sequence[int]) -> Scenario:
        """Return the same with a look at the memory after other numbers of visits."""
        return replace(self, visits=tuple(visits), figures=tuple(map(memory_after, visits)))


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that comes out of a scenario; its name says the unit."""

    name: str
    more_is_better: bool = True
    digits: int = 0
    """How many to show behind the point."""


DELIVERIES = Figure("deliveries/s")
MEGABYTES = Figure("MB/s")
VISITS = Figure("visits/s")
MEMORY = Figure("KiB/client", more_is_better=False, digits=1)
MEDIAN = Figure("p50 ms", more_is_better=False, digits=2)
WORST = Figure("p99 ms", more_is_better=False, digits=2)


def memory_after(visits: int) -> Figure:
    """Return the figure that says how large the server is after so many visits."""
    return Figure(f"KiB after {visits}", more_is_better=False)


ALL = (
    Scenario(
        "fan100",
        "traffic",
        "100 clients, 4 of them send 64 bytes as fast as a window of 32 messages each allows",
        clients=100,
        senders=4,
        size=64,
        window=32,
        figures=(DELIVERIES,),
    ),
    Scenario(
        "fan1000",
        "traffic",
        "the same with 1000 clients",
        clients=1000,
        senders=4,
        size=64,
        window=32,
        figures=(DELIVERIES,),
    ),
    Scenario(
        "lat100",
        "traffic",
        "100 clients, 1 sends 100 messages of 64 bytes a second",
        clients=100,
        senders=1,
        size=64,
        rate=100,
        figures=(MEDIAN, WORST),
    ),
    Scenario(
        "lat20",
        "traffic",
        "20 clients, 4 of them send 1000 messages of 64 bytes a second in all",
        clients=20,
        senders=4,
        size=64,
        rate=1000,
        figures=(MEDIAN, WORST),
    ),
    Scenario(
        "big",
        "traffic",
        "20 clients, 2 of them send 64 KiB with a window of 8 messages each",
        clients=20,
        senders=2,
        size=64 * KIB,
        window=8,
        figures=(MEGABYTES,),
    ),
    Scenario(
        "idle",
        "idle",
        "what each of 200 silent clients adds to the memory of the server",
        clients=200,
        figures=(MEMORY,),
    ),
    Scenario(
        "churn",
        "churn",
        "4 clients at a time connect, shake hands, say goodbye, and come again",
        clients=4,
        figures=(VISITS,),
    ),
)

SCENARIOS = {scenario.name: scenario for scenario in ALL}
