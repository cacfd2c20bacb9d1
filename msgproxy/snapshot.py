"""What is going on, as data.

Rule: a snapshot is an immutable copy. It says what was so at one moment; nothing can be changed
through it.
"""

from __future__ import annotations

import html
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ClientSnapshot:
    """One client that has joined. Times in seconds; sizes in bytes."""

    number: int
    """The n of its threads' names, `reader-n` and `writer-n`."""
    peer: str
    joined_for: float
    messages_in: int
    bytes_in: int
    """Of its messages alone."""
    messages_out: int
    bytes_out: int
    """On the wire: with the answer to the handshake, the frames' heads, pings, pongs and Close."""
    waiting: int
    """Bytes on its outbound queue, which its writer has not taken yet."""
    target: str = "/"
    """What it asked for, with the query, which the proxy ignores. A client that puts a
    word of its own there can find itself in the picture."""


@dataclass(slots=True)
class Traffic:
    """Counts what goes to and from one client.

    The reader thread counts what comes in, and the writer thread what goes out: no number is
    changed by two threads. Any thread may look, and sees a number that may be a moment old.
    """

    joined_at: float
    """On the `time.monotonic` clock, in seconds."""
    target: str = "/"
    """What the client asked for: the reader sets it before anybody can look."""

    messages_in: int = 0
    bytes_in: int = 0
    messages_out: int = 0
    bytes_out: int = 0

    def snapshot(self, number: int, peer: str, waiting: int) -> ClientSnapshot:
        """Return a copy, completed with what the session knows. Any thread may call it."""
        return ClientSnapshot(
            number=number,
            peer=peer,
            joined_for=time.monotonic() - self.joined_at,
            messages_in=self.messages_in,
            bytes_in=self.bytes_in,
            messages_out=self.messages_out,
            bytes_out=self.bytes_out,
            waiting=waiting,
            target=self.target,
        )


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


TakeSnapshot = Callable[[], Snapshot]
"""Returns the state of a server. Any thread may call it."""


def _row(tag: str, cells: tuple[object, ...]) -> str:
    return f"<tr>{''.join(f'<{tag}>{html.escape(str(cell))}</{tag}>' for cell in cells)}</tr>"
