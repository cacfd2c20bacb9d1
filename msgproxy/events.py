"""What the threads tell each other: everything that stands on a queue.

Rule: all of it is immutable. Rust moves a value into a channel and forbids to touch it
afterwards; here nobody could change it anyway.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from msgproxy.snapshot import ClientSnapshot

Message = str | bytes
"""What a client said: a text message is a `str`, a binary message is `bytes`."""


class MessageId(NamedTuple):
    """Which message: the `number`-th that this client said, from 1.

    Who looks at the queues knows a message by it, alone or in a batch, before and after it has
    become a frame.
    """

    client: int
    number: int

    def __str__(self) -> str:
        return f"{self.client}.{self.number}"


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


class Participant(Protocol):
    """What the broker knows of those between whom it forwards messages."""

    number: int

    def send(self, outgoing: Outgoing) -> bool:
        """Queue frames, without waiting; return False if there is no room."""

    def end(self, farewell: Farewell) -> None:
        """Let it have what waits for it, then say goodbye. Nothing follows."""

    def snapshot(self) -> ClientSnapshot:
        """Return how it stands with it. Any thread may call this."""


# On the inbound queue: facts, in the past tense. What follows from them the broker decides.


@dataclass(frozen=True, slots=True)
class Joined:
    """A client finished its handshake: from now on it gets what others say."""

    session: Participant
    size: int = BOOKKEEPING


@dataclass(frozen=True, slots=True)
class Received:
    """A client said something. `size` is in bytes, as the inbound queue counts it.

    For text, that is in UTF-8, as on the wire. (As a `str`, rare characters take up to four bytes
    for each one in UTF-8.)
    """

    session: Participant
    message: Message
    size: int
    number: int
    """Of the messages that this client has said, from 1."""

    @property
    def id(self) -> MessageId:
        """What the message is called wherever it goes."""
        return MessageId(self.session.number, self.number)


@dataclass(frozen=True, slots=True)
class Left:
    """A client has gone, or has to go. It is the last that its reader puts on this queue."""

    session: Participant
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
    as the queue counts it; `messages` says which messages the frames are, if they are any.
    """

    frames: tuple[bytes, ...]
    size: int
    messages: tuple[MessageId, ...] = ()
    is_last: bool = False
