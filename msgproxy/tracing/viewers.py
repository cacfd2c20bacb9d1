"""What a viewer is shown: the stream behind the live picture, on `/trace`.

Rule: nobody waits for a viewer. Nobody puts what it sees on its queue: its own writer fetches that
from the ring, at its own pace. If that is slow, the ring has moved on meanwhile, and what it has
missed is a number. (It does cost time of the processor: that of the notes, and of telling them. And
a viewer counts as one of the clients that a server lets in.)

Each text message is a JSON object, of one of two kinds::

    {"hops": [[number, time, thread, act, queue, [item, ...], depth, size, text], ...],
     "lost": how many hops are missing before these}

    {"clients": [{"number": 1, "joined_for": 2.5, "messages_in": 3, ...}, ...],
     "waiting": bytes on the inbound queue, "inbound_limit": bytes that it takes,
     "limit": bytes that an outbound queue takes}

A hop is a `Hop`, an item such as "2.1" is a message; a client is a `ClientSnapshot`. Who asks for
`/trace?counts` gets the second kind only, and nothing is recorded for it.
"""

from __future__ import annotations

import dataclasses
import json
import queue
import time
from typing import Any

from msgproxy.events import BOOKKEEPING, Outgoing
from msgproxy.limits import Limits
from msgproxy.protocol.frames import encode
from msgproxy.queues import OutboundQueue, Queues
from msgproxy.snapshot import ClientSnapshot, Look
from msgproxy.tracing.recording import RING, Recording

TICK = 0.1
"""Seconds between two looks for new hops."""

HOPS_PER_TICK = 1000
"""More hops than that in a tick no viewer can follow; those before the last are lost to it."""

COUNT_EVERY = 0.5
"""Seconds between two messages about the clients."""

COUNTS = [field.name for field in dataclasses.fields(ClientSnapshot)]
"""What is told of each client. (`dataclasses.asdict` takes ten times as long.)"""

LISTEN = 2.0
"""Seconds for which a recording goes on after a look. A few ticks, in case one comes late."""


class Trace(Recording):
    """A recording that can be watched while it is made. Without viewers it is off.

    If `is_on`, it records from the start, and to the end, also when nobody watches.
    """

    def __init__(
        self, queues: Queues | None = None, *, limit: int | None = None, is_on: bool = False
    ) -> None:
        # What is not kept to the end only has to last from one tick to the next.
        super().__init__(queues, limit=limit or (RING if is_on else RING // 10), is_on=is_on)

    def inbound(self, limits: Limits) -> queue.Queue[Any]:
        """Make the inbound queue, recorded."""
        self._limits = limits
        return super().inbound(limits)

    @property
    def can_be_watched(self) -> bool:
        """It can."""
        return True

    def viewer(self, look: Look, target: str) -> queue.Queue[Any]:
        """Make the queue to the writer of a viewer, which gets counts, and hops unless it
        asked for `?counts`."""
        wants_hops = target.partition("?")[2] != "counts"
        return ViewerQueue(self._limits, look, self if wants_hops else None)


class ViewerQueue(OutboundQueue):
    """An outbound queue on which always something stands, a tick later at the latest.

    What is put here besides (pongs, the goodbye) comes first.
    """

    def __init__(self, limits: Limits, look: Look, recording: Recording | None) -> None:
        super().__init__(limits.outbound_limit)
        self._limits = limits
        self._look = look
        self._recording = recording
        self._next_hop = 0
        self._tick_at = self._count_at = time.monotonic()
        if recording:
            recording.listen(LISTEN)
            self._next_hop = recording.next_number()

    def get(self, block: bool = True, timeout: float | None = None) -> Any:  # noqa: ARG002
        """Take what has been put; if that is nothing, what is new. Its writer calls it."""
        while True:
            put = self._put_until(self._tick_at)
            if put and (put[-1].is_last or time.monotonic() < self._tick_at):
                return put
            self._tick_at = time.monotonic() + TICK
            if everything := [*put, *map(_message, self._hops() + self._counts())]:
                return everything

    def _put_until(self, deadline: float) -> list[Outgoing]:
        """Return what has been put. Until the tick, not for a tick: who pings all the time, sees
        too."""
        try:
            taken: list[Outgoing] = super().get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            return []
        return taken

    def _hops(self) -> list[dict[str, Any]]:
        if self._recording is None:
            return []
        self._recording.listen(LISTEN)
        hops = self._recording.latest(self._next_hop, HOPS_PER_TICK)
        if not hops:
            return []
        lost = hops[0].number - self._next_hop
        self._next_hop = hops[-1].number + 1
        return [{"hops": [list(hop.in_words()) for hop in hops], "lost": lost}]

    def _counts(self) -> list[dict[str, Any]]:
        if time.monotonic() < self._count_at:
            return []
        self._count_at = time.monotonic() + COUNT_EVERY
        snapshot = self._look()
        news = {
            "clients": [
                {name: getattr(client, name) for name in COUNTS} for client in snapshot.clients
            ],
            "waiting": snapshot.waiting,
            "inbound_limit": self._limits.inbound_limit,
            "limit": self.limit,
        }
        return [news]


def _message(news: dict[str, Any]) -> Outgoing:
    frame = encode(json.dumps(news, separators=(",", ":")))
    return Outgoing((frame,), len(frame) + BOOKKEEPING)
