"""What the threads tell each other: everything that stands on a queue.

Rule: all of it is immutable. Rust moves a value into a channel and forbids to touch it
afterwards; here nobody could change it anyway.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from msgproxy.session import Session

Message = str | bytes
"""What a client said: a text message is a `str`, a binary message is `bytes`."""

BOOKKEEPING = 64
"""Bytes that an item counts on a queue besides its message.

Without it a million empty messages would count nothing and still fill the memory.
"""


@dataclass(frozen=True, slots=True)
class Farewell:
    """Why a conversation ends: what the server's Close frame says (RFC 6455 section 7.4)."""

    code: int
    reason: str = ""

    def __str__(self) -> str:
        # The reason may be the client's own words, so nothing but plain ASCII goes to a log.
        return f"{self.code} {ascii(self.reason)[1:-1]}".rstrip()

    @property
    def can_be_sent(self) -> bool:
        """False for 1006, which says that the connection was lost, so there is no Close frame."""
        return self.code != 1006


GOING_AWAY = Farewell(1001, "the server is stopping")
TOO_SLOW = Farewell(1013, "too slow: more is waiting for you than the server keeps")
INTERNAL_ERROR = Farewell(1011, "the server met a bug")


# On the inbound queue: facts, in the past tense. What follows from them the broker decides.


@dataclass(frozen=True, slots=True)
class Joined:
    """A client finished its handshake: from now on it gets what others say."""

    session: Session
    size: int = BOOKKEEPING


@dataclass(frozen=True, slots=True)
class Received:
    """A client said something. `size` is in bytes, as the inbound queue counts it.

    For text, that is in UTF-8, as on the wire. (As a `str`, rare characters take up to four bytes
    for each one in UTF-8.)
    """

    session: Session
    message: Message
    size: int


@dataclass(frozen=True, slots=True)
class Left:
    """A client has gone, or has to go. It is the last that its reader puts on this queue."""

    session: Session
    farewell: Farewell
    size: int = BOOKKEEPING


@dataclass(frozen=True, slots=True)
class Stopped:
    """The readers have ended, so nothing follows: the broker says goodbye to who is left."""

    size: int = BOOKKEEPING


Event = Joined | Received | Left | Stopped


# On an outbound queue.


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Frames for one client, finished bytes: whoever takes them has only to send them.

    The frames of a broadcast are the same objects in every client's queue. `size` is in bytes,
    as the queue counts it; `messages` says how many of the frames are somebody's messages.
    """

    frames: tuple[bytes, ...]
    size: int
    messages: int = 0
    is_last: bool = False
