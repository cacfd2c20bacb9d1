"""What is going on, as data.

Rule: a snapshot is a copy, and immutable. It says how things stood; it is no handle on them.
"""

from __future__ import annotations

import html
from dataclasses import dataclass


@dataclass(slots=True)
class Tally:
    """Counts what went one way. One thread adds; the others may look, and see it a bit late."""

    messages: int = 0
    bytes: int = 0

    def add(self, messages: int, size: int) -> None:
        """Add some messages with `size` bytes in all. Only the thread that counts may call it."""
        self.messages += messages
        self.bytes += size


@dataclass(frozen=True, slots=True)
class ClientSnapshot:
    """One client that has joined. Times in seconds; sizes in bytes."""

    number: int
    """The n of its threads' names, `reader-n` and `writer-n`."""
    peer: str
    joined_for: float
    messages_in: int
    bytes_in: int
    messages_out: int
    bytes_out: int
    """On the wire: with the frames' heads, and with pings, pongs and Close."""
    waiting: int
    """What stands on its outbound queue and its writer has not taken yet."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A server with its clients."""

    url: str
    running: bool
    waiting: int
    """Bytes that wait for the broker on the inbound queue."""
    clients: tuple[ClientSnapshot, ...]

    def _repr_html_(self) -> str:
        """Return a small table, which is how Jupyter shows a snapshot."""
        heads = ("client", "from", "joined", "in", "out", "waiting")
        rows = [
            (
                c.number,
                c.peer,
                f"{c.joined_for:.0f} s ago",
                f"{c.messages_in} ({c.bytes_in} B)",
                f"{c.messages_out} ({c.bytes_out} B)",
                f"{c.waiting} B",
            )
            for c in self.clients
        ]
        state = "running" if self.running else "stopped"
        caption = f"msgproxy at {self.url}, {state}; {self.waiting} B wait for the broker"
        body = "".join(_row("td", row) for row in rows)
        return f"<table><caption>{html.escape(caption)}</caption>{_row('th', heads)}{body}</table>"


def _row(tag: str, cells: tuple[object, ...]) -> str:
    return f"<tr>{''.join(f'<{tag}>{html.escape(str(cell))}</{tag}>' for cell in cells)}</tr>"
