"""A connection: one client's socket, and what wsproto makes of its bytes. For steps 9 to 12.

It does what the library did until step 8, but it starts no thread. Two threads of the step use a
connection: the reader receives, the writer sends. Any thread may hang up.
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


def accept(_request):
    """Accept every request that wsproto finds correct."""
    return AcceptConnection()


class Connection:
    """A client's socket, and the state of what is received from it."""

    def __init__(self, sock, ping_interval):
        self.sock = sock
        self.ping_interval = ping_interval  # seconds of silence
        self.websocket = wsproto.WSConnection(SERVER)  # used by the reader only
        self.unfinished = None  # the first pieces of a message; used by the reader only

    def handshake(self, decide=accept):
        """Answer the client's request, which is HTTP. Return whether it was accepted.

        `decide` turns a request into the answer. The reader calls this before there is a writer.
        """
        # Otherwise a small frame waits until the client has acknowledged the one before it.
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while not (requests := list(self.websocket.events())):
                self.websocket.receive_data(self.receive())
            answer = decide(requests[0])
        except RemoteProtocolError as error:
            answer = error.event_hint
        except ValueError:  # a header with odd bytes, which wsproto does not expect
            answer = RejectConnection()
        self.sock.sendall(self.websocket.send(answer))
        return isinstance(answer, AcceptConnection)

    def events(self):
        """Yield each whole message of the client, and each frame that it should be sent.

        That is a pong for its ping, a ping if it is silent, and at last a Close frame: do not ask
        for more after that. Raise OSError if the client is lost.
        """
        while True:
            for event in self.websocket.events():
                match event:
                    case Message():
                        yield from self.collect(event)
                    case Ping():
                        yield event.response()
                    case CloseConnection():  # from the client, or from wsproto for a bad frame
                        yield event.response()
                        return
            yield from self.receive_more()

    def collect(self, piece):
        """Add a piece of a message. If it was the last piece, yield the message."""
        whole = piece.data if self.unfinished is None else self.unfinished + piece.data
        if len(whole) > LARGEST:
            yield CloseConnection(1009, "this message is too large")
        elif piece.message_finished:
            self.unfinished = None
            yield Message(whole)
        else:
            self.unfinished = whole

    def receive_more(self):
        """Give wsproto the next bytes. If none come for a while, yield a ping first."""
        try:
            data = self.receive()
        except TimeoutError:
            yield Ping()
            data = self.receive()
        self.websocket.receive_data(data)

    def receive(self):
        """Return some bytes. Raise OSError after a time of silence, or if the connection ended."""
        # A timeout of the socket itself would be one for the writer as well.
        if not select.select([self.sock], [], [], self.ping_interval)[0]:
            raise TimeoutError
        if not (data := self.sock.recv(65536)):
            raise ConnectionResetError
        return data

    def drain(self):
        """Discard what the client still sends, until it closes its end or its time is up."""
        # Closing a socket with unread bytes can destroy what was sent last: our Close frame.
        deadline = time.monotonic() + self.ping_interval
        with suppress(OSError):
            while time.monotonic() < deadline:
                self.receive()

    def hang_up(self):
        """End the connection now. `shutdown` wakes threads that wait for it; `close` would not."""
        with suppress(OSError):  # it has ended already
            self.sock.shutdown(socket.SHUT_RDWR)


def encode(event):
    """Return a frame. It does not depend on earlier frames, so there is no state to share."""
    return wsproto.connection.Connection(SERVER).send(event)
