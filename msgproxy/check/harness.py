"""The clients of one behaviour, and all waiting for them.

Rule: every wait has a deadline, and all clients are served during every wait. One thread does it
all, with a selector: a checker of threads should not have to doubt its own.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable, Iterable
from selectors import EVENT_READ, EVENT_WRITE
from typing import Self

from msgproxy.check.client import Address, Client
from msgproxy.check.failure import Unexpected, Unreachable, expecting
from msgproxy.check.frames import Message
from msgproxy.check.program import ServerProgram
from msgproxy.terminal.address import connect

RETRY_DELAY = 0.2
"""Seconds until something is said again to a client that may not have been added yet."""

LONGEST_SELECT = 0.5
"""Seconds of one `select`: Ctrl-C is noticed after this time at the latest, on every system."""

Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)
"""`poll`, where there is one: `select` refuses descriptors from 1024 on."""

SMALL_BUFFER = 4096
"""Bytes of a slow client's receive buffer; systems round it up a little."""

SMALL_SEGMENT = 1000
"""Bytes of a TCP segment to a slow client. On loopback they are large, and with them the server's
send buffer: whole messages would fit, and nobody could see them torn."""

NAMED = 6
"""Clients that a report names; the others are counted."""


class Harness:
    """The clients of one server. At the end of the `with` block their sockets are closed."""

    def __init__(
        self, address: Address, patience: float, program: ServerProgram | None = None
    ) -> None:
        """`patience`: the seconds after which something counts as missing."""
        self.address = address
        self.patience = patience
        self.program = program
        self.clients: list[Client] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for client in self.clients:
            client.close()

    def describe_clients(self) -> str:
        """Say which clients there are, and what is special about each."""
        told = [client.description for client in self.clients[:NAMED]]
        more = len(self.clients) - len(told)
        return ", ".join([*told, f"and {more} more"] if more else told)

    # Waiting.

    def until(self, condition: Callable[[], object], seconds: float | None = None) -> bool:
        """Serve all clients until the condition holds; return False if that takes too long."""
        deadline = time.monotonic() + (self.patience if seconds is None else seconds)
        while not condition():
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                return False
            self._serve_all(min(remaining, LONGEST_SELECT))
        return True

    def _serve_all(self, seconds: float) -> None:
        with Selector() as selector:
            for client in self.clients:
                if not client.end and (events := client.waits_for):
                    selector.register(client, events, client)
            if not selector.get_map():
                time.sleep(seconds)  # on Windows, select refuses to wait for nothing
                return
            for key, events in selector.select(seconds):
                if events & EVENT_WRITE:
                    key.data.flush()
                if events & EVENT_READ and not key.data.end:
                    key.data.receive()

    def pause(self, seconds: float) -> None:
        """Let some time pass."""
        self.until(lambda: False, seconds)

    # Doing something and waiting for the result. `Unexpected` says what came instead.

    def open(self, name: str, receive_buffer: int = 0) -> Client:
        """Connect, without a request. Raise `Unreachable` if no client could connect so far."""

        def prepare(sock: socket.socket) -> None:
            if receive_buffer:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
                if hasattr(socket, "TCP_MAXSEG"):  # Windows has no such option
                    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SMALL_SEGMENT)

        try:
            sock = connect(self.address.host, self.address.port, self.patience, prepare)
        except OSError as error:
            why = f"the connection failed: {error.strerror or error}"
            raise Unexpected(why) if self.clients else Unreachable(why) from None
        client = Client(name, sock)
        self.clients.append(client)
        return client

    def request(self, name: str, *headers: str, receive_buffer: int = 0) -> Client:
        """Connect and send the request of the handshake, without waiting for the answer."""
        client = self.open(name, receive_buffer)
        client.request(self.address, *headers)
        return client

    def connect(self, name: str, *headers: str, receive_buffer: int = 0) -> Client:
        """Connect and wait for the end of the handshake."""
        client = self.request(name, *headers, receive_buffer=receive_buffer)
        self.wait_for(client, lambda: client.answer, "no answer to the handshake")
        return client

    def wait_for(self, client: Client, condition: Callable[[], object], nothing: str) -> None:
        """Wait for something from a client; `nothing` says what it means if that does not come."""
        has_come = self.until(lambda: condition() or client.end)
        if not condition() and client.end:
            raise client.end
        if not has_come:
            raise Unexpected(f"{nothing} within {self.patience:g} s")

    def say(self, client: Client, *messages: Message) -> None:
        """Say something, and wait until all of it has been sent."""
        client.say(*messages)
        self.send_all(client)

    def send_all(self, client: Client) -> None:
        """Wait until everything is sent."""
        nothing = f"the server accepts nothing more from {client.name},"
        self.wait_for(client, lambda: not client.outgoing, nothing)
        if client.end:
            raise client.end

    def hear(self, client: Client) -> Message:
        """Return the next message that a client gets."""
        self.wait_for(client, lambda: client.heard, f"{client.name} got nothing")
        return client.heard.popleft()

    def hear_up_to(self, client: Client, last: Message) -> None:
        """Discard the messages that a client gets, up to this one."""
        deadline = time.monotonic() + self.patience
        while (heard := self.hear(client)) != last:
            if time.monotonic() > deadline:
                what = f"{client.name} got {client.describe(heard)} and others, but not {last!r}"
                raise Unexpected(f"{what}, within {self.patience:g} s")

    def connect_all(self, *names: str, slow: str = "") -> list[Client]:
        """Connect clients, and make sure that each has been added. `slow` gets small buffers.

        Each newcomer speaks first, and the others listen: so none talks during a handshake,
        which is more than some servers can handle.
        """
        clients: list[Client] = []
        for name in names:
            with expecting(f"connected {_list(names)}, one after the other", "each is accepted"):
                newcomer = self.connect(name, receive_buffer=SMALL_BUFFER if name == slow else 0)
            if clients:
                self.say_until_all_hear(newcomer, clients)
            clients.append(newcomer)
        return clients

    def say_until_all_hear(self, speaker: Client, others: list[Client]) -> None:
        """Let a client talk until all others hear it: a server may need a moment to add it."""
        greeting, last = f"hello from {speaker.name}", f"{speaker.name} has said hello"
        names = _list([other.name for other in others])
        with expecting(f"{speaker.name} said {greeting!r}, more than once", f"it reaches {names}"):
            self.say_until_heard(speaker, greeting, others, all)
            self.say(speaker, last)
            for other in others:
                self.hear_up_to(other, last)

    def say_until_heard(
        self,
        speaker: Client,
        greeting: str,
        listeners: list[Client],
        enough: Callable[[Iterable[bool]], bool],
    ) -> None:
        """Say something again and again until enough listeners (`all`, or `any`) have heard it."""
        deadline = time.monotonic() + self.patience
        while time.monotonic() < deadline:
            self.say(speaker, greeting)
            if self.until(lambda: enough(greeting in one.heard for one in listeners), RETRY_DELAY):
                return
            if not enough(one.end is None for one in listeners):
                gone = next(one for one in listeners if one.end)
                raise Unexpected(f"{gone.name} got {gone.end}")
        deaf = [one for one in listeners if greeting not in one.heard]
        here = [*deaf, *([speaker] if speaker not in deaf and speaker.heard else [])]
        got = "; ".join(f"{one.name} got {one.describe_heard()}" for one in here[:NAMED])
        raise Unexpected(f"within {self.patience:g} s, {got}")


def _list(names: list[str] | tuple[str, ...]) -> str:
    """Write names as a sentence has them."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
