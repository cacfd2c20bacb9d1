"""The connection of `chat` and `watch` to a server, through the library simple-websocket.

Rule: what the server does is known from the queue alone. The listener thread puts it there,
the end and its reason last; whoever fails to send finds out why by reading on.
"""

from __future__ import annotations

import functools
import queue
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from threading import Thread
from typing import Any
from urllib.parse import quote, urlsplit

import simple_websocket
from wsproto.events import CloseConnection
from wsproto.utilities import ProtocolError

from msgproxy.errors import CannotConnect, Disconnected, MsgproxyError
from msgproxy.terminal.screen import escape

CONNECT_TIMEOUT = 10.0
"""Seconds for all that comes before the conversation: name, connection, handshake."""

CLOSE_TIMEOUT = 10.0
"""Seconds for the server to read all that it was sent, and to answer the goodbye."""

CHUNK = 65536
"""Bytes received at once, at most."""

NORMAL = 1000
"""The close code of a conversation that is over (RFC 6455 section 7.4)."""

MEANING = {
    NORMAL: "the server ended the conversation",
    1001: "the server said goodbye",
    1005: "the connection to the server is lost",  # so the library calls it: no Close frame
    1009: "the server does not take messages of this size",
    1013: "the server cut this client off",
}


# What the listener puts on the queue: Connected, each MessageReceived, at last ConnectionEnded.
# (Without a connection, ConnectionEnded is the first and the last.)


@dataclass(frozen=True, slots=True)
class Connected:
    """The server let us in."""

    client: Any  # a simple_websocket.Client, which has no types


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """Somebody said something."""

    message: str | bytes


@dataclass(frozen=True, slots=True)
class ConnectionEnded:
    """Nothing can arrive any more. `error` tells the user why, unless that was the plan."""

    error: MsgproxyError
    code: int = 0


def websocket_url(url: str) -> str:
    """Return the ws:// or wss:// address that is meant; raise CannotConnect if none is."""
    try:
        parts = urlsplit(url if "://" in url else f"ws://{url}")
        scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
        host, port = parts.hostname, parts.port or {"ws": 80, "wss": 443}[scheme]
    except (ValueError, KeyError):
        host = None
    if not host:
        raise CannotConnect(f"not an address such as ws://localhost:8765/: {escape(url)}")
    if host == "localhost" and scheme == "ws":
        # The library tries one address only. The first for this name is often ::1, where a
        # server that listens on 127.0.0.1 cannot be found.
        host = "127.0.0.1"
    if ":" in host:
        host = f"[{host}]"
    target = quote(f"{parts.path or '/'}?{parts.query}".rstrip("?"), safe="/?=&;:@!$'()*+,~%")
    return f"{scheme}://{host}:{port}{target}"


class Client:
    """A connection to a server. For the main thread, but for the method that says otherwise."""

    def __init__(
        self, url: str, events: queue.Queue[Any], refusals: Mapping[int, str] | None = None
    ) -> None:
        """Connect, and from then on put what happens on `events`. Raise CannotConnect.

        `refusals` says what an HTTP status means here that is not plain from its name.
        """
        self._url = url
        self._refusals = refusals or {}
        self._events = events
        listener = Thread(target=self._run_listener, args=(websocket_url(url),), daemon=True)
        listener.start()
        # The library connects without a deadline, and the lookup of a name cannot have one.
        try:
            first = events.get(timeout=CONNECT_TIMEOUT)
        except queue.Empty:
            first = ConnectionEnded(
                self._no_connection(f"no answer in {CONNECT_TIMEOUT:g} seconds")
            )
        if isinstance(first, ConnectionEnded):
            raise first.error
        self._client = first.client

    def send(self, message: str) -> None:
        """Send a message. If it cannot be sent, `ConnectionEnded` follows."""
        with suppress(OSError, ProtocolError, simple_websocket.ConnectionClosed):
            self._client.send(message)

    def send_close(self) -> None:
        """Send a Close frame. The server answers it once it has read everything before it.

        The library's `close()` closes the socket as well. With messages still arriving, that
        can throw away what the server has not read yet.
        """
        with suppress(OSError, ProtocolError):
            self._client.sock.settimeout(CLOSE_TIMEOUT)
            self._client.sock.sendall(self._client.ws.send(CloseConnection(NORMAL)))

    def _run_listener(self, address: str) -> None:
        """Run the listener thread: connect, then pass on what arrives until the end.

        This is the only thread that takes messages from the library, so they keep their order
        on the queue, and nothing stands behind the end.
        """
        try:
            client = _connect(address)
            self._events.put(Connected(client))
            while True:
                self._events.put(MessageReceived(client.receive()))
        except simple_websocket.ConnectionClosed as closed:
            self._events.put(
                ConnectionEnded(_explain(int(closed.reason), closed.message), closed.reason)
            )
        except simple_websocket.ConnectionError as refused:
            status = refused.status_code
            why = self._refusals.get(status) or _phrase(status)
            self._events.put(ConnectionEnded(self._no_connection(why)))
        except OSError as error:
            self._events.put(ConnectionEnded(self._no_connection(error.strerror or str(error))))
        except (ValueError, ProtocolError):
            self._events.put(ConnectionEnded(self._no_connection("that is no WebSocket server")))

    def _no_connection(self, why: str) -> CannotConnect:
        return CannotConnect(f"cannot connect to {escape(self._url)}: {why}")


def _connect(address: str) -> Any:
    # One byte at a time, so that the library stops right behind the answer to the handshake:
    # a message in the same packet would wait, unseen, for the next packet.
    client = simple_websocket.Client.connect(
        address, receive_bytes=1, thread_class=functools.partial(Thread, daemon=True)
    )
    client.receive_bytes = CHUNK
    return client


def _phrase(status: int) -> str:
    """Say what an HTTP status other than 101 means."""
    known = status in set(HTTPStatus)
    return f"the server answered {status} {HTTPStatus(status).phrase if known else ''}".rstrip()


def _explain(code: int, reason: str | None) -> Disconnected:
    meaning = MEANING.get(code, f"the server ended the conversation with code {code}")
    return Disconnected(f"{meaning}: {escape(reason)}" if reason else meaning)
