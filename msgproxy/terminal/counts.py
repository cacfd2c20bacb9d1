"""What `msgproxy watch` knows: the clients of a server, now and at the last update.

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
"""Seconds that a client is still shown after it has gone."""

TALKING_FOR = 2.0
"""Seconds after its last message that a client counts as talking."""

LAGGING_FROM = 0.05
"""The share of its queue's limit from which on a client is lagging."""

LARGEST = 10**30
"""No count reaches this. A larger number cannot even be divided as a float."""

State = Literal["lagging", "talking", "gone", "quiet"]
"""From the most interesting to the least: if there is no room for all, the first ones are shown."""


@dataclass(slots=True)
class Row:
    """One client: its latest counts, and what follows from the counts before."""

    latest: ClientSnapshot
    updates: int = 0
    """How many counts have come: rates need two."""
    in_rate: float = 0.0
    """Messages a second, between the last two counts; `out_rate` likewise."""
    out_rate: float = 0.0
    share: float = 0.0
    """How much of its queue's limit is waiting; 1 is all of it."""
    state: State = "quiet"
    talked_at: float | None = None
    """When its last message was noticed, in seconds since it joined."""
    gone_at: float | None = None

    def update(self, counts: ClientSnapshot, limit: int) -> None:
        """Take the next counts."""
        # The time between is the server's own: how long the counts took to get here is no matter.
        before, now = self.latest, counts.joined_for
        seconds = max(now - before.joined_for, 0.001)
        self.in_rate = (counts.messages_in - before.messages_in) / seconds
        self.out_rate = (counts.messages_out - before.messages_out) / seconds
        is_new = not self.updates and now < TALKING_FOR and counts.messages_in > 0
        if is_new or counts.messages_in > before.messages_in:
            self.talked_at = now
        self.latest = counts
        self.updates += 1
        self.share = counts.waiting / limit
        is_talking = self.talked_at is not None and now - self.talked_at < TALKING_FOR
        is_lagging = self.share >= LAGGING_FROM
        self.state = "lagging" if is_lagging else "talking" if is_talking else "quiet"

    def go(self, now: float) -> None:
        """Note that the client has gone."""
        self.gone_at = now if self.gone_at is None else self.gone_at
        self.state = "gone"
        self.in_rate = self.out_rate = self.share = 0.0


class ClientCounts:
    """The counts of all clients, including those that have just gone."""

    def __init__(self, url: str) -> None:
        self.url = escape(url)
        self.waiting = 0
        """Bytes that wait for the broker."""
        self.updates = 0
        """How many counts have come: rates need two."""
        self._rows: dict[int, Row] = {}

    def update(self, message: str | bytes, now: float) -> None:
        """Take what the server has sent. Raise CannotConnect if these are no counts."""
        try:
            told = json.loads(message)
            waiting, limit = _number(told["waiting"]), max(_number(told["limit"]), 1)
            clients = [_counts(client) for client in told["clients"]]
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
            raise CannotConnect(f"{self.url} is no msgproxy: it does not send counts") from None
        self.waiting = waiting
        self.updates += 1
        for counts in clients:
            row = self._rows.setdefault(counts.number, Row(counts))
            row.update(counts, limit)
        for number in self._rows.keys() - {counts.number for counts in clients}:
            self._rows[number].go(now)
        self._rows = {n: row for n, row in self._rows.items() if not _is_over(row, now)}

    def rows(self) -> list[Row]:
        """Return a row for each client, by number."""
        return [self._rows[number] for number in sorted(self._rows)]


def _counts(client: dict[str, Any]) -> ClientSnapshot:
    names = ("number", "messages_in", "bytes_in", "messages_out", "bytes_out", "waiting")
    numbers: dict[str, Any] = {name: _number(client[name]) for name in names}
    # To the millisecond. NaN and infinity raise here.
    joined_for = _number(client["joined_for"] * 1000) / 1000
    return ClientSnapshot(peer=escape(str(client["peer"])), joined_for=joined_for, **numbers)


def _number(value: Any) -> int:
    number = int(value)
    if not 0 <= number < LARGEST:
        raise ValueError(value)
    return number


def _is_over(row: Row, now: float) -> bool:
    return row.gone_at is not None and now - row.gone_at > GONE_FOR
