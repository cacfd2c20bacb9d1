"""What the notebooks share: clients, clean-up, and processes of their own.

Rule: nothing in here is the lesson. And what it starts it also ends: every wait has a deadline,
every thread and every socket has an owner, and no thread prints.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import inspect
import json
import logging
import math
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from simple_websocket import Client, ConnectionClosed
from wsproto import ConnectionType, WSConnection, events
from wsproto.connection import ConnectionState

from msgproxy import Server

T = TypeVar("T")

PATIENCE = 20.0
"""Seconds to wait for what has to come."""

TOP = next(path for path in Path(__file__).resolve().parents if (path / "pyproject.toml").exists())
"""The checkout, with the tutorial's programs in it."""

sys.path.append(str(TOP))  # so that a notebook can import `tutorial.play`

# What a server has to say, it says to those who ask. Without this, warnings would be printed.
logging.getLogger("msgproxy").addHandler(logging.NullHandler())

# What lasts longer than a cell.

_kept = contextlib.ExitStack()


def keep(thing: AbstractContextManager[T]) -> T:
    """Enter a context, and stay in it beyond the end of the cell, until `close()`."""
    return _kept.enter_context(thing)


@atexit.register
def close() -> None:
    """End all that is kept, the last first. A cell that keeps something begins with this."""
    _kept.close()


# Clients.


@contextlib.contextmanager
def clients(server: Server, count: int) -> Iterator[list[Client]]:
    """Connect that many clients: in the block they have joined, and after it they have left."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(_client(server)) for _ in range(count)]


@contextlib.contextmanager
def _client(server: Server) -> Iterator[Client]:
    # Its thread must not keep the kernel from ending.
    daemon = functools.partial(threading.Thread, daemon=True)
    client = Client(server.url.replace("http", "ws", 1), thread_class=daemon)
    try:
        yield client
    finally:
        with contextlib.suppress(ConnectionClosed, OSError):  # the server may have gone first
            client.close()
        client.thread.join(PATIENCE)


class Listener:
    """A client that says nothing, and takes `rate` messages a second at the most.

    `simple_websocket.Client` would not do: a thread inside of it reads as fast as it can, so
    what nobody asks for waits in the client. Here it has to wait at the server.
    """

    def __init__(self, server: Server, rate: float = math.inf) -> None:
        self.heard: list[str] = []
        self.close_code: int | None = None
        """Set when the server's Close frame has come."""
        self._pause = 1 / rate  # seconds
        self._leaving = threading.Event()
        self._address = urlsplit(server.url)
        self._protocol = WSConnection(ConnectionType.CLIENT)
        self._begun = ""
        self._thread = threading.Thread(target=self._listen, name="listener", daemon=True)

    def __enter__(self) -> Listener:
        self._socket = socket.socket()
        try:
            self._connect()
        except BaseException:
            self._socket.close()
            raise
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leaving.set()
        self._hang_up()
        self._thread.join(PATIENCE)
        self._socket.close()

    def wait_for(self, count: int) -> None:
        """Wait until it has received that many messages. Raise TimeoutError if that takes long."""
        deadline = time.monotonic() + PATIENCE
        while len(self.heard) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(self.heard)} messages came, {count} should")
            time.sleep(0.002)

    def wait_for_close(self) -> None:
        """Wait until it has taken all that there was for it, and the Close frame after that."""
        self._thread.join(PATIENCE)

    def hurry(self) -> None:
        """Take the rest as fast as it can."""
        self._pause = 0

    def _connect(self) -> None:
        self._socket.settimeout(PATIENCE)
        if self._pause:  # or the system would keep megabytes of what is not read
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        self._socket.connect((self._address.hostname, self._address.port))
        request = events.Request(host=self._address.netloc, target="/")
        self._socket.sendall(self._protocol.send(request))
        while self._protocol.state is ConnectionState.CONNECTING:
            self._receive()

    def _hang_up(self) -> None:
        with contextlib.suppress(OSError):  # the server was faster
            self._socket.shutdown(socket.SHUT_RDWR)

    # The listener's own thread.

    def _listen(self) -> None:
        """Run the thread that takes what comes."""
        with contextlib.suppress(OSError):  # lost, or left
            while self.close_code is None and not self._leaving.is_set():
                self._receive()
        self._hang_up()

    def _receive(self) -> None:
        self._protocol.receive_data(self._socket.recv(1 << 16) or None)
        for event in self._protocol.events():
            match event:
                case events.TextMessage(data=text, message_finished=is_whole):
                    self._take(text, is_whole)
                case events.Ping():
                    self._socket.sendall(self._protocol.send(event.response()))
                case events.CloseConnection(code=code):
                    self.close_code = code

    def _take(self, text: str, is_whole: bool) -> None:
        self._begun += text
        if is_whole:
            self.heard.append(self._begun)
            self._begun = ""
            self._leaving.wait(self._pause)


# Children.


def in_child(function: Callable[..., T], *arguments: Any, beside: Sequence[Any] = ()) -> T:
    """Call a function in a process of its own, which has its own settings, and ends with it.

    It goes there as text, with the functions `beside` it; so they have to import what they use.
    What goes in and what comes out is JSON.
    """
    texts = [inspect.getsource(each) for each in (*beside, function)]
    call = f"{function.__name__}(*json.loads({json.dumps(arguments)!r}))"
    program = "\n".join(["import json", *texts, f"print(json.dumps({call}))"])
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=PATIENCE
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)
