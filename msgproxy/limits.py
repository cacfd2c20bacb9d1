"""The limits: how much, how many, how long.

Rule: whatever could grow or last without end has its bound here, in bytes or in seconds, and
the command line shows it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from msgproxy.errors import InvalidOption
from msgproxy.events import ITEM_OVERHEAD

KIB = 1024
MIB = 1024 * KIB

LONGEST = 24 * 60 * 60.0
"""Seconds that make sense. The system's own calls give up on numbers that are much larger."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one server. Raise `InvalidOption` if a value makes no sense."""

    max_clients: int = 1000
    """Clients at a time, including those still in the handshake."""

    max_message_size: int = 1 * MIB
    """Bytes of one message, summed over its fragments (text: in UTF-8)."""

    inbound_limit: int = 4 * MIB
    """Bytes that wait for the broker before the readers have to wait."""

    outbound_limit: int = 16 * MIB
    """Bytes that wait for one client before it is cut off.

    What its writer has taken and is sending is not among them, so it can be twice as much.
    The broker takes all that waits on the inbound queue at once, and a client that has
    nothing waiting must be able to get it: see `smallest_outbound_limit`.
    """

    handshake_timeout: float = 10.0
    """Seconds from the accepted connection to the finished handshake, in all."""

    ping_interval: float = 20.0
    """Seconds without a byte from the client until it is sent a ping."""

    ping_timeout: float = 20.0
    """Seconds that the client then has to send something, whatever it is.

    It also has as long to take the next 256 KiB of what is being sent to it.
    """

    close_timeout: float = 5.0
    """Seconds for the closing handshake: with one client, and with all when the server stops."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not 0 < value < math.inf:
                raise InvalidOption(f"{field.name} has to be more than 0, not {value}")
            if isinstance(field.default, float) and value > LONGEST:
                raise InvalidOption(f"{field.name} may be {LONGEST:g} seconds at most, not {value}")
        if self.outbound_limit < self.smallest_outbound_limit:
            raise InvalidOption(
                f"outbound_limit is {self.outbound_limit} bytes, and has to be at least "
                f"{self.smallest_outbound_limit} (inbound_limit + max_message_size + "
                f"{ITEM_OVERHEAD}), so that a client with nothing waiting is never cut off"
            )

    @property
    def smallest_outbound_limit(self) -> int:
        """What the broker can take from the inbound queue at once, in bytes.

        A reader waits only when the queue is at its limit, so one message can go beyond it.
        """
        return self.inbound_limit + self.max_message_size + ITEM_OVERHEAD
