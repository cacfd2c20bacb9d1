"""The connection of `chat` and `watch` to a server, through the library simple-websocket.

Rule: what the server does is known from the queue alone. The listener thread puts it there,
the end and its reason last. A failed `send` therefore raises nothing: the reason is on its way.
"""

from __future__ import annotations

import queue
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from threading import Lock, Thread
from typing import Any
from urllib.parse import urlsplit

import simple_websocket
from simple_websocket.ws import Base
from wsproto import ConnectionType
from wsproto.events import AcceptConnection, CloseConnection, RejectConnection, Request
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import ProtocolError

from msgproxy.errors import CannotConnect, Disconnected, MsgproxyError
from msgproxy.terminal.address import DEFAULT_PORTS, connect, websocket_url
from msgproxy.terminal.screen import escape

CONNECT_TIMEOUT = 10.0
"""Seconds for everything before the first message: name lookup, connection, handshake."""

CLOSE_TIMEOUT = 10.0
"""Seconds that the server has to read everything and to answer the Close frame."""

RECV_SIZE = 65536
"""Bytes received at a time, at most."""

NORMAL, NO_CODE, LOST = 1000, 1005, 1006
"""Close codes (RFC 6455 section 7.4). The last two are never sent: they say what was missing."""

MEANINGS = {
    NORMAL: "the server closed the connection",
    1001: "the server is going away",
    NO_CODE: "the server closed the connection without giving a reason",
    LOST: "the connection to the server is lost",
    1009: "the server does not accept messages of this size",
    1013: "the server disconnected this client",
}


# What the listener puts on the queue: Connected, each MessageReceived, at last ConnectionEnded.
# (Without a connection, ConnectionEnded is the first and the last.)


@dataclass(frozen=True, slots=True)
class Connected:
    """The handshake has succeeded."""

    connection: Any  # a _Connection: simple_websocket has no types


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """Another client said something."""

    message: str | bytes


@dataclass(frozen=True, slots=True)
class ConnectionEnded:
    """Nothing more can arrive. `error` says why, for the case that this was not intended."""

    error: MsgproxyError
    code: int = 0


class Client:
    """A connection to a server. Its public methods belong to the main thread."""

    def __init__(
        self, url: str, events: queue.Queue[Any], refusals: Mapping[int, str] | None = None
    ) -> None:
        """Connect, and from then on put what happens on `events`. Raise CannotConnect.

        `refusals` explains an HTTP status whose own name would not tell the user enough.
        """
        self._url = url
        self._refusals = refusals or {}
        self._events = events
        run = partial(self._run_listener, websocket_url(url))
        Thread(target=run, name="listener", daemon=True).start()
        # The deadline is here, since the lookup of a name cannot have one.
        try:
            first = events.get(timeout=CONNECT_TIMEOUT)
        except queue.Empty:
            first = ConnectionEnded(
                self._no_connection(f"no answer in {CONNECT_TIMEOUT:g} seconds")
            )
        if isinstance(first, ConnectionEnded):
            raise first.error
        self._connection = first.connection

    def send(self, message: str) -> None:
        """Send a message. If that fails, the connection has ended: `ConnectionEnded` follows."""
        with suppress(OSError, ProtocolError, simple_websocket.ConnectionClosed):
            self._connection.send(message)

    def send_close(self) -> None:
        """Send a Close frame. The server answers it once it has read everything before it.

        The library's `close()` closes the socket as well. With messages still arriving, that
        can throw away what the server has not read yet.
        """
        with suppress(OSError, ProtocolError):
            self._connection.sock.settimeout(CLOSE_TIMEOUT)
            self._connection.sock.sendall(self._connection.ws.send(CloseConnection(NORMAL)))

    def _run_listener(self, address: str) -> None:
        """Run the listener thread: connect, then pass on what arrives until the end.

        This is the only thread that takes messages from the library, so they keep their order
        on the queue, and nothing comes after the end.
        """
        try:
            connection = _connect(address)
            self._events.put(Connected(connection))
            while True:
                self._events.put(MessageReceived(connection.receive()))
        except simple_websocket.ConnectionClosed as closed:
            error = Disconnected(_explain(int(closed.reason), closed.message))
            self._events.put(ConnectionEnded(error, closed.reason))
        except simple_websocket.ConnectionError as refused:
            why = self._refusals.get(refused.status_code) or _phrase(refused.status_code)
            self._events.put(ConnectionEnded(self._no_connection(why)))
        except OSError as error:
            self._events.put(ConnectionEnded(self._no_connection(error.strerror or str(error))))
        except (ValueError, ProtocolError):
            self._events.put(ConnectionEnded(self._no_connection("that is no WebSocket server")))

    def _no_connection(self, why: str) -> CannotConnect:
        return CannotConnect(f"cannot connect to {escape(self._url)}: {why}")


class _WholeFrames:
    """A socket for two threads that send. What each sends arrives whole, or nothing follows it.

    The library ignores how much its socket has sent, which may be a part. And its own thread
    answers pings: also while the other one waits in the middle of a message, for a slow server.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._sending = Lock()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def send(self, data: bytes) -> int:
        """Send all of it. If Ctrl-C or an error cuts it short, end the connection."""
        with self._sending:
            try:
                self._sock.sendall(data)
            except BaseException:
                with suppress(OSError):  # not `sock.shutdown`: over TLS, that does more
                    socket.socket.shutdown(self._sock, socket.SHUT_RDWR)
                raise
        return len(data)

    sendall = send


class _Connection(Base):  # type: ignore[misc]
    """The library's connection, with a socket and a handshake of our own.

    The library's own client tries only the first address of a name (for `localhost` often ::1,
    where a server that listens on 127.0.0.1 cannot be found), and it takes any first response
    for the final one.
    """

    def __init__(self, sock: socket.socket, host: str, target: str) -> None:
        self._request = Request(host=host, target=target)
        super().__init__(
            _WholeFrames(sock),
            ConnectionType.CLIENT,
            RECV_SIZE,
            thread_class=partial(Thread, daemon=True),
        )

    def handshake(self) -> None:
        """Send the request and wait for the final response. The constructor calls it."""
        self.close_reason = CloseReason.ABNORMAL_CLOSURE  # until a Close frame has another code
        self.sock.sendall(self.ws.send(self._request))
        while not self.connected:
            # One byte at a time, so as to stop right after the response: a message in the same
            # packet would otherwise wait, unseen, for the next packet.
            data = self.sock.recv(1)
            self.ws.receive_data(data or None)
            for event in self.ws.events():
                self._take(event)
            if not data:
                raise ConnectionResetError(0, "the server hung up during the handshake")

    def _take(self, event: object) -> None:
        if isinstance(event, AcceptConnection):
            self.connected = True
        elif isinstance(event, RejectConnection) and event.status_code >= 200:
            # Below 200 is an interim response, and the final one follows (RFC 9110 section 15.2).
            raise simple_websocket.ConnectionError(event.status_code)


def _connect(address: str) -> _Connection:
    parts = urlsplit(address)
    assert parts.hostname is not None
    assert parts.port is not None
    sock = connect(parts.hostname, parts.port, CONNECT_TIMEOUT)
    try:
        if parts.scheme == "wss":
            context = ssl.create_default_context()
            sock = context.wrap_socket(sock, server_hostname=parts.hostname)
        is_default = parts.port == DEFAULT_PORTS[parts.scheme]
        host = parts.netloc.rpartition(":")[0] if is_default else parts.netloc
        sock.settimeout(None)
        return _Connection(sock, host, f"{parts.path}?{parts.query}".rstrip("?"))
    except BaseException:
        sock.close()
        raise


def _phrase(status: int) -> str:
    """Say what an HTTP status other than 101 means."""
    known = status in set(HTTPStatus)
    why = ": it has too many clients, or is not ready" if status == 503 else ""
    phrase = f"{HTTPStatus(status).phrase}{why}" if known else ""
    return f"the server answered {status} {phrase}".rstrip()


def _explain(code: int, reason: str | None) -> str:
    meaning = MEANINGS.get(code, f"the server closed the connection with code {code}")
    return f"{meaning}: {escape(reason)}" if reason else meaning
