"""What the threads tell each other: everything that is put on a queue.

Rule: all of it is immutable. Rust moves a value into a channel and forbids touching it
afterwards; here nobody could change it anyway. (An event names its session, which can change. To
the broker a session is a key, and a queue to put on.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # for the annotations alone: this module imports nothing from above it
    from msgproxy.bridge.bridge import Bridge
    from msgproxy.session import Session

Message = str | bytes
"""What a client said: a text message is a `str`, a binary message is `bytes`."""


BRIDGE = 0
"""The bridge, as the sender of a message. No client has this number: they are counted from 1."""


class MessageId(NamedTuple):
    """Which message this is: the `number`-th of this client, counted from 1.

    Queues that record know a message by its id, alone or in a batch, before and after it has
    become a frame.
    """

    client: int
    number: int

    def __str__(self) -> str:
        return f"{self.client}.{self.number}"


ITEM_OVERHEAD = 256
"""Bytes that an item counts on a queue in addition to its message.

It is what Python needs for such an object with its parts. Without it, a million empty messages
would count nothing and still fill the memory.
"""


@dataclass(frozen=True, slots=True)
class CloseReason:
    """Why a connection ends: the code and reason of a Close frame (RFC 6455 section 7.4)."""

    code: int
    reason: str = ""

    def __str__(self) -> str:
        # The reason may be the client's own words, so only plain ASCII goes to a log.
        return f"{self.code} {ascii(self.reason)[1:-1]}".rstrip()


LOST = 1006
"""The code of a connection that is lost, so that no Close frame can be sent (section 7.4.1)."""

GOING_AWAY = CloseReason(1001, "the server is stopping")
TOO_SLOW = CloseReason(1013, "too slow: more is waiting for you than the server keeps")
INTERNAL_ERROR = CloseReason(1011, "the server met a bug")


# On the inbound queue: facts, in the past tense. The broker decides what follows from them.


@dataclass(frozen=True, slots=True)
class Joined:
    """A client finished its handshake: from now on it gets what others say."""

    session: Session | Bridge
    size: int = ITEM_OVERHEAD


@dataclass(frozen=True, slots=True)
class Received:
    """A client said something. `size` is in bytes, as the inbound queue counts it.

    The size of a text is its size in UTF-8, as on the wire. (A `str` can take up to four times
    as much memory.)
    """

    session: Session | Bridge
    message: Message
    size: int
    id: MessageId


@dataclass(frozen=True, slots=True)
class Left:
    """A client has gone, or has to go. Its reader puts nothing on this queue after it."""

    session: Session | Bridge
    reason: CloseReason
    size: int = ITEM_OVERHEAD


@dataclass(frozen=True, slots=True)
class Stopped:
    """All readers have ended, so nothing follows: the broker closes what is left."""

    size: int = ITEM_OVERHEAD


Event = Joined | Received | Left | Stopped


# On an outbound queue.


@dataclass(frozen=True, slots=True)
class OutgoingBatch:
    """Frames for one client: finished bytes, which its writer only has to send.

    The frames of a broadcast are the same objects in every client's queue. `size` is in bytes,
    as the queue counts it; `messages` lists the messages in the frames, if there are any.
    """

    frames: tuple[bytes, ...]
    size: int
    messages: tuple[MessageId, ...] = ()
    is_last: bool = False
