"""The curves of growth: how msgproxy takes to more clients, to larger messages, and to age.

Rule: along a curve one thing grows and everything else stays, as far as it can; and what cannot
stay (the pace, the window) follows from a rule that stands here.

Nothing here runs, as in `scenarios.py`. Each point of a curve is measured twice: with as many
messages as a window allows, for how much; and at a moderate pace, for how late. To measure how
late a message is while the server does all it can would measure the window.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from scenarios import DELIVERIES, KIB, MEDIAN, MEGABYTES, MIB, WORST, Figure, Scenario

SMALL = 64
"""Bytes of a message while the clients grow."""

SEVERAL = 20
"""Clients while the messages grow."""

SENDERS = 4
"""Clients that send as fast as they may, but half of all at most."""

ON_THE_WAY = 128
"""Messages that all senders together may have on the way, ..."""

BYTES_ON_THE_WAY = 4 * MIB
"""... and how many bytes: the server cuts off whoever has 16 MiB waiting."""

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
        """All that is to be measured for this curve."""
        return [scenario for point in self.points for scenario in (point.fast, point.paced)]


def point(curve: str, x: int, clients: int, size: int) -> Point:
    """Return a point, with the window and the pace that it gets by the rules above."""
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

VISITS = Scenario(
    "visits",
    "visits",
    "the memory of the server; 4 clients at a time come and go",
    clients=4,
    figures=(),
).with_visits((1000, 4000, 10000))

SCENARIOS = {one.name: one for one in (*CLIENTS.scenarios, *SIZES.scenarios, VISITS)}


def up_to(clients: int, size: int) -> tuple[Curve, Curve]:
    """Return both curves, up to so many clients and so many bytes."""
    fewer = tuple(one for one in CLIENTS.points if one.x <= clients)
    smaller = tuple(one.with_at_most(clients) for one in SIZES.points if one.x <= size)
    return replace(CLIENTS, points=fewer), replace(SIZES, points=smaller)
