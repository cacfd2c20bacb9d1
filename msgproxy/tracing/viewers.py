"""What a viewer is shown: the stream for the live picture, on `/trace`.

Rule: nobody waits for a viewer. What it sees is never put on its queue: its own writer fetches that
from the hop buffer, at its own pace. A slow viewer is told how many hops it has missed. (Watching
does cost processor time: for noting the hops, and for sending them. And a viewer counts as one of
the clients that a server accepts.)

Each text message is a JSON object, of one of two kinds::

    {"hops": [[number, time, thread, act, queue, [item, ...], depth, size, text], ...],
     "lost": how many hops are missing before these}

    {"clients": [{"number": 1, "joined_for": 2.5, "messages_in": 3, ...}, ...],
     "waiting": bytes on the inbound queue, "inbound_limit": bytes that it takes,
     "limit": bytes that an outbound queue takes,
     "time": in ns, as that of a hop; of what happened later, some may be counted,
     "next_hop": the number of the first hop that cannot be counted yet}

A hop is a `Hop`, an item such as "2.1" is a message; a client is a `ClientSnapshot`. A viewer that
asks for `/trace?counts` gets the second kind only, and nothing is recorded for it.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import queue
import time

from msgproxy.events import ITEM_OVERHEAD, Event, OutgoingBatch
from msgproxy.limits import Limits
from msgproxy.protocol.frames import encode
from msgproxy.queues import BatchQueue, OutboundQueue, Queues
from msgproxy.snapshot import ClientSnapshot, TakeSnapshot
from msgproxy.tracing.hops import Hop
from msgproxy.tracing.recording import MAX_KEPT, Recording

TICK = 0.1
"""Seconds between two looks for new hops."""

HOPS_PER_TICK = 1000
"""A viewer cannot follow more hops than that in a tick. It misses those before the last, but it is
told who was cut off, as long as that is still kept."""

FEW_ITEMS = 100
"""Only hops with fewer items are kept in JSON: so what is kept is bounded, too."""

COUNT_EVERY = 0.5
"""Seconds between two messages about the clients."""

COUNTS = [field.name for field in dataclasses.fields(ClientSnapshot)]
"""What a viewer is told about each client. (`dataclasses.asdict` takes ten times as long.)"""


class LiveRecording(Recording):
    """A recording that can be watched while it is made. Without viewers it is off.

    If `is_on`, it records from the start to the end, also when nobody watches.
    """

    def __init__(
        self, queues: Queues | None = None, *, limit: int | None = None, is_on: bool = False
    ) -> None:
        # What is not kept to the end only has to last from one tick to the next.
        limit = limit or (MAX_KEPT if is_on else MAX_KEPT // 10)
        super().__init__(queues, limit=limit, is_on=is_on)
        self._cached_in_json = functools.lru_cache(2 * HOPS_PER_TICK)(_hop_in_json)

    def inbound(self, limits: Limits) -> BatchQueue[Event]:
        """Make the inbound queue, and remember the limits: viewers are told."""
        self._limits = limits
        return super().inbound(limits)

    def hop_in_json(self, hop: Hop) -> str:
        """Encode a hop: once for all viewers, since each looks soon after another."""
        return self._cached_in_json(hop) if len(hop.items) < FEW_ITEMS else _hop_in_json(hop)

    @property
    def allows_viewers(self) -> bool:
        """It does."""
        return True

    def viewer_queue(self, take_snapshot: TakeSnapshot, target: str) -> BatchQueue[OutgoingBatch]:
        """Make the queue to the writer of a viewer.

        The viewer gets counts, and hops unless it asked for `?counts`.
        """
        wants_hops = target.partition("?")[2] != "counts"
        return ViewerQueue(self._limits, take_snapshot, self if wants_hops else None)


class ViewerQueue(OutboundQueue):
    """An outbound queue on which there is always something, a tick later at the latest.

    It overrides `take_all`, since nobody puts what a viewer sees: its writer fetches it. What is
    put here (pongs, the Close frame) comes first.
    """

    def __init__(
        self, limits: Limits, take_snapshot: TakeSnapshot, recording: LiveRecording | None
    ) -> None:
        super().__init__(limits.outbound_limit)
        self._limits = limits
        self._take_snapshot = take_snapshot
        self._recording = recording
        self._next_hop = 0
        self._tick_at = self._count_at = time.monotonic()
        if recording:
            recording.turn_on()
            self._next_hop = recording.next_number()

    def _put(self, item: OutgoingBatch) -> None:
        was_over = self._has_last
        super()._put(item)
        if self._recording and item.is_last and not was_over:
            self._recording.turn_off()

    def take_all(self, timeout: float | None = None) -> list[OutgoingBatch]:  # noqa: ARG002
        """Take what was put; if that is nothing, what is new. The viewer's writer calls it."""
        while True:
            put = self._put_until(self._tick_at)
            if put and (put[-1].is_last or time.monotonic() < self._tick_at):
                return put
            self._tick_at = time.monotonic() + TICK
            if everything := [*put, *map(_as_batch, self._hops() + self._counts())]:
                return everything

    def _put_until(self, deadline: float) -> list[OutgoingBatch]:
        """Return what was put, but wait no longer than until the tick.

        So a viewer that pings all the time still sees something.
        """
        try:
            return super().take_all(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            return []

    def _hops(self) -> list[str]:
        """Return the last hops; and whatever came before, that somebody was cut off."""
        if self._recording is None:
            return []
        hops = self._recording.latest(self._next_hop)
        early, late = hops[:-HOPS_PER_TICK], hops[-HOPS_PER_TICK:]
        told = [[hop] for hop in early if hop.act == "full"] + [late]
        return [self._tell(some, self._recording) for some in told if some]

    def _tell(self, hops: list[Hop], recording: LiveRecording) -> str:
        """Return these in JSON, with how many are missing before them."""
        lost = hops[0].number - self._next_hop
        self._next_hop = hops[-1].number + 1
        encoded = ",".join(map(recording.hop_in_json, hops))
        return f'{{"hops":[{encoded}],"lost":{lost}}}'

    def _counts(self) -> list[str]:
        if time.monotonic() < self._count_at:
            return []
        self._count_at = time.monotonic() + COUNT_EVERY
        # What happens from now on may not be counted: so the time comes first, the hops last.
        began = time.monotonic_ns()
        snapshot = self._take_snapshot()
        news = {
            "clients": [
                {name: getattr(client, name) for name in COUNTS} for client in snapshot.clients
            ],
            "waiting": snapshot.waiting,
            "inbound_limit": self._limits.inbound_limit,
            "limit": self.limit,
            "time": began,
            "next_hop": self._recording.next_number() if self._recording else 0,
        }
        return [_json(news)]


def _as_batch(news: str) -> OutgoingBatch:
    frame = encode(news)
    return OutgoingBatch((frame,), len(frame) + ITEM_OVERHEAD)


_json = json.JSONEncoder(separators=(",", ":")).encode


def _hop_in_json(hop: Hop) -> str:
    return _json(hop.in_words())
