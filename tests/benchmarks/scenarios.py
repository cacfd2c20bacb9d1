"""What is measured, as data: the scenarios of the comparison, and the curves of growth.

Rule: nothing here runs. `load.py` says how each kind of scenario is measured.

Along a curve one thing grows and everything else stays, as far as it can. What cannot stay (the
pace, the window) follows from a rule below. Each point is measured twice: with as many messages
as a window allows, for how many; and at a moderate pace, for how late. To measure how late a
message is while the server does all it can would measure the window.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

KIB = 1024
MIB = 1024 * KIB

SMALL = 64
"""Bytes of a message, unless its size is what is measured."""


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
    """Messages that each sender may have on the way: sent, and not yet received by all."""

    rate: int = 0
    """Messages a second, of all senders together, if there is no window."""

    visits: tuple[int, ...] = ()
    """After how many visits the memory of the server is measured."""

    def with_at_most(self, clients: int) -> Scenario:
        """Return the same with fewer clients: for a quick look, on a machine with few files."""
        return replace(self, clients=max(self.senders + 1, min(self.clients, clients)))

    def with_visits(self, visits: Sequence[int]) -> Scenario:
        """Return the same with the memory measured after other numbers of visits."""
        return replace(self, visits=tuple(visits), figures=tuple(map(memory_after, visits)))


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that comes out of a scenario; its name says the unit."""

    name: str
    more_is_better: bool = True
    digits: int = 0
    """Decimal places to show."""


DELIVERIES = Figure("deliveries/s")
MEGABYTES = Figure("MB/s")
VISITS = Figure("visits/s")
MEMORY = Figure("KiB/client", more_is_better=False, digits=1)
MEDIAN = Figure("p50 ms", more_is_better=False, digits=2)
WORST = Figure("p99 ms", more_is_better=False, digits=2)


def memory_after(visits: int) -> Figure:
    """Return the figure for the memory of the server after that many visits."""
    return Figure(f"KiB after {visits}", more_is_better=False)


def traffic(name: str, about: str, *figures: Figure, **numbers: int) -> Scenario:
    """Return a scenario with messages, of 64 bytes by default."""
    return Scenario(name, "traffic", about, figures=figures, **({"size": SMALL} | numbers))


ALL = (
    traffic(
        "fan100",
        "100 clients, 4 of them send 64 bytes as fast as a window of 32 messages each allows",
        DELIVERIES,
        clients=100,
        senders=4,
        window=32,
    ),
    traffic(
        "fan1000",
        "1,000 clients, 4 of them send 64 bytes with a window of 8 messages each",
        DELIVERIES,
        clients=1000,
        senders=4,
        window=8,
    ),
    traffic(
        "one100",
        "100 clients, 1 of them sends 64 bytes, the next when all others have the last",
        DELIVERIES,
        clients=100,
        senders=1,
        window=1,
    ),
    traffic(
        "lat100",
        "100 clients, 1 of them sends 100 messages of 64 bytes a second",
        MEDIAN,
        WORST,
        clients=100,
        senders=1,
        rate=100,
    ),
    traffic(
        "lat20",
        "20 clients, 4 of them send 1,000 messages of 64 bytes a second in all",
        MEDIAN,
        WORST,
        clients=20,
        senders=4,
        rate=1000,
    ),
    traffic(
        "big",
        "20 clients, 4 of them send 64 KiB with a window of 4 messages each",
        MEGABYTES,
        clients=20,
        senders=4,
        size=64 * KIB,
        window=4,
    ),
    Scenario(
        "idle",
        "idle",
        "what each of 1,000 silent clients adds to the memory of the server",
        clients=1000,
        figures=(MEMORY,),
    ),
    Scenario(
        "churn",
        "churn",
        "32 clients at a time connect, send a Close frame, and come again",
        clients=32,
        figures=(VISITS,),
    ),
)

SCENARIOS = {scenario.name: scenario for scenario in ALL}


SEVERAL = 20
"""Clients while the messages grow."""

SENDERS = 4
"""Clients that send as fast as they may, but at most half of all."""

ON_THE_WAY = 128
"""Messages that all senders together may have on the way, ..."""

BYTES_ON_THE_WAY = 4 * MIB
"""... and how many bytes: the server cuts off a client for which 16 MiB wait."""

FASTEST_PACE = 100
"""Messages a second of the one sender with a pace, as long as that is moderate: ..."""

MODERATE = 10_000
"""... deliveries a second at most, which is far less than the server can do, ..."""

MODERATE_BYTES = 256 * MIB
"""... and bytes a second, of all deliveries together."""


@dataclass(frozen=True, slots=True)
class Point:
    """One place on a curve."""

    x: int
    fast: Scenario
    paced: Scenario

    def scenario_of(self, figure: Figure) -> Scenario:
        """Return the scenario in which a figure is measured."""
        return self.paced if figure in self.paced.figures else self.fast

    def with_at_most(self, clients: int) -> Point:
        """Return the same with fewer clients."""
        return replace(
            self, fast=self.fast.with_at_most(clients), paced=self.paced.with_at_most(clients)
        )


@dataclass(frozen=True, slots=True)
class Curve:
    """What is measured while one thing grows."""

    name: str
    title: str
    axis: str
    """What grows."""

    fixed: str
    """What stays."""

    figures: tuple[Figure, ...]
    points: tuple[Point, ...]

    @property
    def scenarios(self) -> list[Scenario]:
        """All scenarios of this curve."""
        return [scenario for point in self.points for scenario in (point.fast, point.paced)]


def point(curve: str, x: int, clients: int, size: int) -> Point:
    """Return a point, with window and pace by the rules above."""
    senders = min(SENDERS, clients // 2)
    window = min(ON_THE_WAY, BYTES_ON_THE_WAY // size) // senders
    rate = min(FASTEST_PACE, MODERATE // clients, MODERATE_BYTES // (size * clients))
    fast = Scenario(
        f"{curve}-{x}",
        "traffic",
        f"{clients} clients, {senders} of them send {size} bytes with a window of {window} each",
        clients,
        figures=(DELIVERIES, MEGABYTES),
        senders=senders,
        size=size,
        window=window,
    )
    paced = Scenario(
        f"{curve}-{x}-paced",
        "traffic",
        f"{clients} clients, 1 sends {rate} messages of {size} bytes a second",
        clients,
        figures=(MEDIAN, WORST),
        senders=1,
        size=size,
        rate=rate,
    )
    return Point(x, fast, paced)


CLIENTS = Curve(
    "clients",
    "More clients",
    "clients",
    f"messages of {SMALL} bytes",
    (DELIVERIES, MEDIAN, WORST),
    tuple(point("clients", count, count, SMALL) for count in (2, 10, 100, 1000, 5000)),
)

SIZES = Curve(
    "size",
    "Larger messages",
    "message size",
    f"{SEVERAL} clients",
    (DELIVERIES, MEGABYTES, MEDIAN, WORST),
    tuple(point("size", size, SEVERAL, size) for size in (16, 256, 4 * KIB, 64 * KIB, 1 * MIB)),
)

VISITS_MEMORY = Scenario(
    "visits",
    "visits",
    "the memory of the server; 4 clients at a time come and go",
    clients=4,
    figures=(),
).with_visits((1000, 4000, 10000))

GROWTH = {one.name: one for one in (*CLIENTS.scenarios, *SIZES.scenarios, VISITS_MEMORY)}


def up_to(clients: int, size: int) -> tuple[Curve, Curve]:
    """Return both curves, up to that many clients and bytes."""
    fewer = tuple(one for one in CLIENTS.points if one.x <= clients)
    smaller = tuple(one.with_at_most(clients) for one in SIZES.points if one.x <= size)
    return replace(CLIENTS, points=fewer), replace(SIZES, points=smaller)
