"""The package's server, recorded, with its clients.

Rule: nothing is replaced here. The queues record themselves: see `msgproxy.tracing.recording`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Self
from urllib.parse import urlsplit

from harness.notes import PADDING
from harness.step import PATIENCE, wait_until
from msgproxy import Limits, Server
from msgproxy.check.client import Address, Client
from msgproxy.check.harness import SMALL_BUFFER, Harness
from msgproxy.tracing.hops import Hop
from msgproxy.tracing.recording import Recording

logging.getLogger("msgproxy").addHandler(logging.NullHandler())  # else warnings go to stderr


class RecordedServer:
    """A server that runs and is recorded. At the end of the `with` block all of it ends."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._recording = Recording()
        self.server = Server(port=0, queues=self._recording, limits=limits)
        self.clients: dict[int, Client] = {}
        self._since = 0

    def __enter__(self) -> Self:
        self.server.start()
        address = urlsplit(self.server.url)
        assert address.hostname
        assert address.port
        self.crew = Harness(Address(address.hostname, address.port, "/"), PATIENCE)
        return self

    def __exit__(self, *_: object) -> None:
        self.crew.__exit__()
        self.server.close()

    def join(self, number: int, *, small: bool = False) -> None:
        """Connect a client. With `small` buffers, if it does not read it stops its sender soon."""
        buffer = small * SMALL_BUFFER
        self.clients[number] = self.crew.connect(f"client {number}", receive_buffer=buffer)
        self.until(lambda: len(self.server.snapshot().clients) == number)

    def say(self, number: int, words: str, size: int = 0) -> None:
        """Have a client say something, padded to `size` bytes."""
        self.crew.say(self.clients[number], words.ljust(size, PADDING))

    def hear(self, number: int) -> Any:
        """Return the next message that a client receives."""
        return self.crew.hear(self.clients[number])

    def until(self, condition: Callable[[], object]) -> None:
        """Wait until something has happened; fail if it does not."""
        wait_until(self.crew, condition)

    def forget(self) -> None:
        """Begin the picture here, once everything has come to rest."""
        self.crew.pause(0.1)
        self._since = self._recording.next_number()

    def hops(self) -> list[Hop]:
        """Return what has been recorded since then, in the order of time, numbered from 0."""
        hops = sorted(self._recording.latest(self._since), key=lambda hop: hop.time)
        return [
            hop._replace(number=number, text=hop.text.rstrip(PADDING))
            for number, hop in enumerate(hops)
        ]

    def acts(self, act: str) -> list[Hop]:
        """Return all hops of one kind."""
        return [hop for hop in self.hops() if hop.act == act]
