"""The table of `msgproxy watch`: rows as lines of text that fit a terminal.

Rule: text from elsewhere is escaped and cut before any colour is added. So a line has no escape
sequences but ours, and none of ours is cut in two.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import get_args

from msgproxy.terminal.counts import ClientCounts, Row, State
from msgproxy.terminal.screen import wrap_columns

LONGEST_PEER = 47
"""Characters of an address and a port, as long as IPv6 can have them."""

GAP = "  "

COLOURS = {"lagging": "\x1b[33m", "talking": "", "gone": "\x1b[2m", "quiet": ""}
"""Lagging: yellow. Gone: dim."""

BOLD, PLAIN = "\x1b[1m", "\x1b[0m"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its head, its cells, and how soon it is left out if there is no room."""

    head: str
    cell: Callable[[Row], str]
    rank: int
    """The highest is left out first; 0 always stays."""
    is_text: bool = False
    """Text is aligned on the left, numbers on the right."""


COLUMNS = (
    Column("client", lambda row: str(row.latest.number), 0),
    Column("from", lambda row: row.latest.peer[:LONGEST_PEER], 4, is_text=True),
    Column("joined", lambda row: duration(row.latest.joined_for), 5),
    Column("in", lambda row: str(row.latest.messages_in), 1),
    Column("bytes", lambda row: size(row.latest.bytes_in), 7),
    Column("/s", lambda row: rate(row.in_rate), 3),
    Column("out", lambda row: str(row.latest.messages_out), 2),
    Column("bytes", lambda row: size(row.latest.bytes_out), 6),
    Column("/s", lambda row: rate(row.out_rate), 3),
    Column("waiting", lambda row: waiting(row), 1),
    Column("state", lambda row: row.state, 0, is_text=True),
)


def size(count: int) -> str:
    """Write a number of bytes in few characters: 950, 1.2K, 34M."""
    value = float(count)
    for unit in ("", "K", "M", "G"):
        if value < 1000:
            return f"{value:.1f}{unit}" if unit and value < 10 else f"{value:.0f}{unit}"
        value /= 1024
    return f"{value:.0f}T"


def rate(messages: float) -> str:
    """Write messages a second; nothing if there are none."""
    return "" if messages <= 0 else f"{messages:.1f}" if messages < 10 else f"{messages:.0f}"


def duration(seconds: float) -> str:
    """Write a time: 12s, 3m05s, 2h41m, 8d."""
    whole = int(seconds)
    minutes, hours = whole // 60, whole // 3600
    if whole < 60:
        return f"{whole}s"
    if minutes < 60:
        return f"{minutes}m{whole % 60:02}s"
    return f"{hours}h{minutes % 60:02}m" if hours < 48 else f"{hours // 24}d"


def waiting(row: Row) -> str:
    """Write how much waits for a client, and which share of its limit that is."""
    if not row.latest.waiting:
        return ""
    return f"{size(row.latest.waiting)} {row.share:4.0%}"


def render(
    clients: ClientCounts, width: float = math.inf, height: float = math.inf, coloured: bool = False
) -> list[str]:
    """Return the lines: a summary, the heads, a row for each client, and how many are left out."""
    everyone = clients.rows()
    shown = _most_interesting(everyone, height - 3)  # without summary, heads and last line
    columns = _fit(shown, width)
    widths = [_width(column, shown) for column in columns]
    heads = _line([column.head for column in columns], columns, widths)
    drawn = [_paint(_cut(_summary(clients), width), BOLD, coloured), _cut(heads, width)]
    for row in shown:
        line = _cut(_line([column.cell(row) for column in columns], columns, widths), width)
        drawn.append(_paint(line, COLOURS[row.state], coloured))
    if len(shown) < len(everyone):
        drawn.append(_cut(f"and {len(everyone) - len(shown)} more", width))
    elif not everyone:
        drawn.append(_cut("no client has joined", width))
    return drawn


def _summary(clients: ClientCounts) -> str:
    """Return the first line. The address comes first: where the line is cut, that stays whole."""
    here = [row for row in clients.rows() if row.gone_at is None]
    count = "1 client" if len(here) == 1 else f"{len(here)} clients"
    received = rate(sum(row.in_rate for row in here)) or "0"
    sent = rate(sum(row.out_rate for row in here)) or "0"
    waits = f"{size(clients.waiting)} bytes wait for the broker"
    return f"{clients.url}: {count}, {received}/s in, {sent}/s out, {waits}"


def _most_interesting(rows: Sequence[Row], count: float) -> list[Row]:
    """Choose rows by their state, then by how busy they are; keep them in their order."""
    states = get_args(State)

    def interest(row: Row) -> tuple[float, ...]:
        return (states.index(row.state), -row.share, -row.in_rate, -row.latest.number)

    best = sorted(rows, key=interest)[: max(int(min(count, len(rows))), 0)]
    return sorted(best, key=lambda row: row.latest.number)


def _fit(rows: Sequence[Row], width: float) -> list[Column]:
    """Leave out columns until the table fits into the width."""
    columns = list(COLUMNS)
    while sum(_width(column, rows) + len(GAP) for column in columns) - len(GAP) > width:
        last = max(columns, key=lambda column: column.rank)
        if not last.rank:
            break
        columns.remove(last)
    return columns


def _width(column: Column, rows: Sequence[Row]) -> int:
    return max([len(column.head), *(len(column.cell(row)) for row in rows)])


def _line(cells: Sequence[str], columns: Sequence[Column], widths: Sequence[int]) -> str:
    padded = (
        cell.ljust(width) if column.is_text else cell.rjust(width)
        for cell, column, width in zip(cells, columns, widths, strict=True)
    )
    return GAP.join(padded).rstrip()


def _cut(line: str, width: float) -> str:
    return line if width == math.inf else next(wrap_columns(line, int(width)))


def _paint(line: str, colour: str, coloured: bool) -> str:
    return f"{colour}{line}{PLAIN}" if coloured and colour else line
