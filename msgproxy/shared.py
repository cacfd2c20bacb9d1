"""What all parts of one server share.

Rule: it is frozen, so any thread may look at it without a lock. What is mutable in it is made
for several threads: a signal and queues.
"""

from __future__ import annotations

from dataclasses import dataclass

from msgproxy.concurrency.stop import StopSignal
from msgproxy.events import Event
from msgproxy.limits import Limits
from msgproxy.protocol.handshake import Policy
from msgproxy.queues import BatchQueue, Queues
from msgproxy.snapshot import TakeSnapshot


@dataclass(frozen=True, slots=True)
class Shared:
    """Made once, when the server starts, and handed to everyone. (axum: `with_state`.)"""

    limits: Limits

    policy: Policy
    """Which clients are accepted."""

    queues: Queues
    """Makes the outbound queues."""

    inbound: BatchQueue[Event]
    """The one queue from all readers to the broker."""

    stop: StopSignal

    take_snapshot: TakeSnapshot
