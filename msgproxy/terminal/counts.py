"""What `msgproxy watch` knows: the clients of a server as they are, and as they were last time.

Rule: nothing here waits, draws or reads a clock. Counts go in, with the time at which they came,
and rows come out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from msgproxy.errors import CannotConnect
from msgproxy.snapshot import ClientSnapshot
from msgproxy.terminal.screen import escape

GONE_FOR = 4.0
"""Seconds that a client is still shown when it has gone."""

TALKING_FOR = 2.0
"""Seconds after its last message that a client counts as talking."""

LAGGING_FROM = 0.05
"""The share of its queue's limit from which a client is lagging."""

State = Literal["lagging", "talking", "gone", "quiet"]
"""From the most interesting to the least: where there is no room for all, these are shown."""


@dataclass(slots=True)
class Row:
    """One client: its latest counts, and what follows from those before."""

    latest: ClientSnapshot
    in_rate: float = 0.0
    """Messages in a second, between the last two counts; `out_rate` too."""
    out_rate: float = 0.0
    share: float = 0.0
    """How much of its queue's limit is waiting; 1 is all of it."""
    state: State = "quiet"
    talked_at: float = 0.0
    """When it was seen last that it has said something, on the server's clock for it."""
    gone_at: float | None = None

    def update(self, counts: ClientSnapshot, limit: int) -> None:
        """Take the next counts."""
        # The time between is the server's own: how long they took to get here does not matter.
        seconds = max(counts.joined_for - self.latest.joined_for, 0.001)
        self.in_rate = (counts.messages_in - self.latest.messages_in) / seconds
        self.out_rate = (counts.messages_out - self.latest.messages_out) / seconds
        if counts.messages_in > self.latest.messages_in:
            self.talked_at = counts.joined_for
        self.latest = counts
        self.share = counts.waiting / limit
        is_talking = self.talked_at and counts.joined_for - self.talked_at < TALKING_FOR
        self.state = (
            "lagging" if self.share >= LAGGING_FROM else "talking" if is_talking else "quiet"
        )

    def go(self, now: float) -> None:
        """Note that it is not there any more."""
        self.gone_at, self.state = self.gone_at or now, "gone"
        self.in_rate = self.out_rate = self.share = 0.0


class ClientCounts:
    """All clients, and those who have just gone."""

    def __init__(self, url: str) -> None:
        self.url = escape(url)
        self.waiting = 0
        """Bytes that wait for the broker."""
        self.times = 0
        """How often counts have come: rates need two."""
        self._rows: dict[int, Row] = {}

    def update(self, message: str | bytes, now: float) -> None:
        """Take what the server has sent. Raise CannotConnect if that is something else."""
        try:
            said = json.loads(message)
            waiting, limit = int(said["waiting"]), max(int(said["limit"]), 1)
            clients = [_counts(client) for client in said["clients"]]
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
            raise CannotConnect(f"{self.url} is no msgproxy: it does not send counts") from None
        self.waiting = waiting
        self.times += 1
        for counts in clients:
            row = self._rows.setdefault(counts.number, Row(counts))
            row.update(counts, limit)
        for number in self._rows.keys() - {counts.number for counts in clients}:
            self._rows[number].go(now)
        self._rows = {n: row for n, row in self._rows.items() if not _is_forgotten(row, now)}

    def rows(self) -> list[Row]:
        """Return a row for each client, by number."""
        return [self._rows[number] for number in sorted(self._rows)]


def _counts(client: dict[str, Any]) -> ClientSnapshot:
    whole = ("number", "messages_in", "bytes_in", "messages_out", "bytes_out", "waiting")
    numbers = {name: int(client[name]) for name in whole}
    # To the millisecond. (What is no number, such as NaN, is an error here and not later.)
    joined_for = int(client["joined_for"] * 1000) / 1000
    return ClientSnapshot(peer=escape(str(client["peer"])), joined_for=joined_for, **numbers)


def _is_forgotten(row: Row, now: float) -> bool:
    return row.gone_at is not None and now - row.gone_at > GONE_FOR
