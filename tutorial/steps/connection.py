"""A connection: one client's socket, and what wsproto makes of its bytes. For steps 9 to 11.

Here stands what the library did until step 8, but no thread: a connection is used by two threads
of its owner. It receives in one of them, and sends in the other. Any thread may hang up.
"""

import select
import socket
import time
from contextlib import suppress

import wsproto
from wsproto.connection import SERVER
from wsproto.events import AcceptConnection, CloseConnection, Message, Ping, RejectConnection
from wsproto.utilities import RemoteProtocolError

LARGEST = 2**20  # bytes or characters that a message may have


class Connection:
    """A client's socket, and the state of what is received from it."""

    def __init__(self, sock, ping_interval):
        self.sock = sock
        self.ping_interval = ping_interval  # seconds of silence
        self.websocket = wsproto.WSConnection(SERVER)  # the reader's alone
        self.unfinished = None  # or what has come of a message; the reader's, too

    def let_in(self):
        """Answer the handshake: it is in HTTP, and from then on both speak WebSocket.

        Return whether the client may come in. The reader calls this, as long as there is no writer.
        """
        # Otherwise a small frame waits until the client has confirmed the one before it.
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while not any(self.websocket.events()):
                self.websocket.receive_data(self.receive())
        except RemoteProtocolError as error:
            answer = error.event_hint
        except UnicodeError:  # a header with odd bytes, which wsproto does not expect
            answer = RejectConnection()
        else:
            answer = AcceptConnection()
        self.sock.sendall(self.websocket.send(answer))
        return isinstance(answer, AcceptConnection)

    def events(self):
        """Yield what the client says, each message whole, and what it is to be sent.

        That is a pong for its ping, a ping if it is silent, and in the end a farewell: do not ask
        for more then. Raise OSError if the client is lost.
        """
        while True:
            for event in self.websocket.events():
                match event:
                    case Message():
                        yield from self.collect(event)
                    case Ping():
                        yield event.response()
                    case CloseConnection():  # the client's, or what wsproto says to a bad frame
                        yield event.response()
                        return
            yield from self.receive_more()

    def collect(self, piece):
        """Add a piece of a message, and yield the message if that was the last of it."""
        whole = piece.data if self.unfinished is None else self.unfinished + piece.data
        if len(whole) > LARGEST:
            yield CloseConnection(1009, "this message is too large")
        elif piece.message_finished:
            self.unfinished = None
            yield Message(whole)
        else:
            self.unfinished = whole

    def receive_more(self):
        """Hand over to wsproto what the client sends. If that is nothing, yield a ping."""
        try:
            data = self.receive()
        except TimeoutError:
            yield Ping()
            data = self.receive()
        self.websocket.receive_data(data)

    def receive(self):
        """Return some bytes. Raise OSError after a time of silence, or if the connection ended."""
        # Not by a timeout of the socket's own: that would be one for the writer as well.
        if not select.select([self.sock], [], [], self.ping_interval)[0]:
            raise TimeoutError
        if not (data := self.sock.recv(65536)):
            raise ConnectionResetError
        return data

    def drain(self):
        """Throw away what the client still sends, until it hangs up, or has had its time."""
        # To close a socket with unread bytes can destroy what was sent last: our farewell.
        deadline = time.monotonic() + self.ping_interval
        with suppress(OSError):
            while time.monotonic() < deadline:
                self.receive()

    def hang_up(self):
        """End the connection now. `shutdown` wakes whoever waits for it; `close` would not."""
        with suppress(OSError):  # it has ended already
            self.sock.shutdown(socket.SHUT_RDWR)


def encode(event):
    """Return a frame. It does not depend on the one before it, so there is no state to share."""
    return wsproto.connection.Connection(SERVER).send(event)
