"""The clients of one behaviour, and all the waiting that there is.

Rule: every wait has a deadline, and all clients are looked after during every wait. One thread
does it all, with `select`: a checker of threads should not have to wonder about its own.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable, Iterable
from typing import Self

from msgproxy.check.client import Address, Client
from msgproxy.check.failure import Unexpected, expecting
from msgproxy.check.frames import Message
from msgproxy.check.program import ServerProgram

RETRY = 0.2
"""Seconds until something is said once more to somebody who may not have been there yet."""

LONGEST_LOOK = 0.5
"""Seconds of one `select`: Ctrl-C is noticed at the latest then, on every system."""

SMALL_BUFFER = 4096
"""Bytes of the receive buffer of somebody slow; systems round it up a little."""

SMALL_SEGMENT = 1000
"""Bytes of a TCP segment to somebody slow. On loopback they are large, and with them the server's
send buffer: whole messages would fit, and nobody could see them torn."""


class Harness:
    """Clients of one server. At the end of the `with` block they hang up."""

    def __init__(
        self, address: Address, patience: float, program: ServerProgram | None = None
    ) -> None:
        """`patience` is how many seconds something may take before it counts as missing."""
        self.address = address
        self.patience = patience
        self.program = program
        self.clients: list[Client] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for client in self.clients:
            client.close()

    # To wait.

    def until(self, condition: Callable[[], object], seconds: float | None = None) -> bool:
        """Look after everyone until the condition holds; return False if it takes too long."""
        deadline = time.monotonic() + (self.patience if seconds is None else seconds)
        while not condition():
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                return False
            self._look_after_all(min(remaining, LONGEST_LOOK))
        return True

    def _look_after_all(self, seconds: float) -> None:
        here = [client for client in self.clients if not client.end]
        readers = [client for client in here if client.reads]
        writers = [client for client in here if client.outgoing]
        if not readers and not writers:
            time.sleep(seconds)  # Windows refuses to wait for nobody
            return
        ready, able, _ = select.select(readers, writers, [], seconds)
        for client in able:
            client.flush()
        for client in ready:
            client.receive()

    def pause(self, seconds: float) -> None:
        """Let some time pass."""
        self.until(lambda: False, seconds)

    # To do something and wait for it. A `Unexpected` says that it went otherwise.

    def open(self, name: str, receive_buffer: int = 0) -> Client:
        """Connect, and say nothing yet."""
        sock = socket.socket(socket.AF_INET6 if ":" in self.address.host else socket.AF_INET)
        try:
            sock.settimeout(self.patience)
            if receive_buffer:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
                if hasattr(socket, "TCP_MAXSEG"):  # Windows has no such option
                    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SMALL_SEGMENT)
            sock.connect((self.address.host, self.address.port))
        except OSError as error:
            sock.close()
            raise Unexpected(f"the connection failed: {error.strerror or error}") from None
        client = Client(name, sock)
        self.clients.append(client)
        return client

    def request(self, name: str, *headers: str, receive_buffer: int = 0) -> Client:
        """Connect and ask to be let in, without waiting for the answer."""
        client = self.open(name, receive_buffer)
        client.request(self.address, *headers)
        return client

    def connect(self, name: str, *headers: str, receive_buffer: int = 0) -> Client:
        """Connect and be let in."""
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
        self.wait_for(
            client, lambda: not client.outgoing, f"the server takes nothing more of {client.name},"
        )
        if client.end:
            raise client.end

    def hear(self, client: Client) -> Message:
        """Return the next message that a client gets."""
        self.wait_for(client, lambda: client.heard, f"{client.name} got nothing")
        return client.heard.popleft()

    def connect_all(self, *names: str, slow: str = "") -> list[Client]:
        """Connect clients, and see to it that each is there. `slow` gets small buffers.

        Who comes speaks first, and the others listen: nobody talks while somebody is coming in,
        which is more than some servers can take.
        """
        clients: list[Client] = []
        for name in names:
            with expecting(f"connected {_list(names)}, one after the other", "each is let in"):
                newcomer = self.connect(name, receive_buffer=SMALL_BUFFER if name == slow else 0)
            if clients:
                self.say_until_all_hear(newcomer, clients)
            clients.append(newcomer)
        return clients

    def say_until_all_hear(self, speaker: Client, others: list[Client]) -> None:
        """Let a client talk until all others hear it: a server may need a moment to add one."""
        greeting, last = f"hello from {speaker.name}", f"{speaker.name} has said hello"
        names = _list([other.name for other in others])
        with expecting(f"{speaker.name} said {greeting!r}, more than once", f"it reaches {names}"):
            self.say_until_heard(speaker, greeting, others, all)
            self.say(speaker, last)
            for other in others:
                while self.hear(other) != last:
                    pass

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
            if self.until(lambda: enough(greeting in one.heard for one in listeners), RETRY):
                return
            if not enough(one.end is None for one in listeners):
                gone = next(one for one in listeners if one.end)
                raise Unexpected(f"to {gone.name} came {gone.end}")
        raise Unexpected(f"nothing came within {self.patience:g} s")


def _list(names: list[str] | tuple[str, ...]) -> str:
    """Write names as a sentence has them."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
