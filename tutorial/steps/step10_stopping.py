"""Step 10: stopping.

Ctrl-C is one more thing that happens. The broker says goodbye to all, and ends when the last of
them has left. Nobody waits for it longer than a while.
"""

import argparse
import queue
import select
import socket
import sys
from collections import namedtuple
from contextlib import suppress
from threading import Thread

from wsproto import ConnectionType, WSConnection
from wsproto.connection import Connection
from wsproto.events import AcceptConnection, CloseConnection, Message, Ping
from wsproto.utilities import RemoteProtocolError

PING_INTERVAL = 5.0  # seconds of silence until a client is pinged, and then until it is gone
LIMIT = 256  # messages that may wait on a queue
CLOSE_TIMEOUT = 2.0  # seconds that everyone has to take the goodbye
GOODBYE = CloseConnection(1001, "the server is stopping")
LARGEST = 2**20  # bytes or characters that a message may have

Joined = namedtuple("Joined", "session")
Received = namedtuple("Received", "session message")
Left = namedtuple("Left", "session farewell")
Stopped = namedtuple("Stopped", "")

# What has happened, in one order for all. The readers put it there; the broker takes it.
inbound = queue.Queue(LIMIT)


class OutboundQueue(queue.Queue):
    """A bounded queue that has always room for a farewell: how should it end otherwise?"""

    def _put(self, item):
        if self._qsize() >= LIMIT and not isinstance(item, CloseConnection):
            raise queue.Full
        super()._put(item)


class Session:
    """The server's side of one client."""

    def __init__(self, sock):
        self.sock = sock
        self.websocket = WSConnection(ConnectionType.SERVER)  # the reader's alone
        self.outbound = OutboundQueue()  # what the writer has to send; a farewell is the last
        self.reader = Thread(target=let_in, args=(self,), daemon=True)
        self.writer = Thread(target=run_writer, args=(self,), daemon=True)


def let_in(session):
    """Let one client in: it asks in HTTP, and from the answer on both speak WebSocket."""
    sock, websocket = session.sock, session.websocket
    with sock, suppress(OSError):
        # Otherwise a small frame waits until the client has confirmed the one before it.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while not any(websocket.events()):
                websocket.receive_data(receive(sock))
        except RemoteProtocolError as error:
            sock.sendall(websocket.send(error.event_hint))
        else:
            sock.sendall(websocket.send(AcceptConnection()))
            serve(session)


def serve(session):
    """Talk with one client until it leaves."""
    inbound.put(Joined(session))
    session.writer.start()
    farewell = CloseConnection(1006)  # the client is lost; this is never sent
    try:
        farewell = run_reader(session)
    except OSError:
        hang_up(session)  # the writer may be waiting for this client, and would for ever
    finally:
        inbound.put(Left(session, farewell))
        # First read all that comes: to close a socket with unread bytes can destroy our farewell.
        with suppress(OSError):
            while receive(session.sock):
                pass
        hang_up(session)
        session.writer.join()


def run_reader(session):
    """Pass on whatever the client says. Return the farewell that it is to get."""
    message = None  # or what has come of one
    while True:
        for event in session.websocket.events():
            match event:
                case Message(data, _, is_finished):
                    message = data if message is None else message + data
                    if len(message) > LARGEST:
                        return CloseConnection(1009, "this message is too large")
                    if is_finished:
                        inbound.put(Received(session, message))  # waits for room
                        message = None
                case Ping():
                    offer(session, event.response())
                case CloseConnection():  # the client's, or what wsproto says to a bad frame
                    return event.response()
        receive_more(session)


def receive_more(session):
    """Hand over to wsproto what the client sends. If that is nothing, ping the client."""
    try:
        data = receive(session.sock)
    except TimeoutError:
        offer(session, Ping())
        data = receive(session.sock)
    session.websocket.receive_data(data)


def receive(sock):
    """Return some bytes. Raise OSError after a time of silence, or if the connection has ended."""
    # Not by a timeout of the socket's own: that would be one for the writer as well.
    if not select.select([sock], [], [], PING_INTERVAL)[0]:
        raise TimeoutError
    if not (data := sock.recv(65536)):
        raise ConnectionResetError
    return data


def run_writer(session):
    """Send what is put on the outbound queue, until the farewell."""
    event = None
    try:
        while not isinstance(event, CloseConnection):
            event = session.outbound.get()
            session.sock.sendall(encode(event))
        session.sock.shutdown(socket.SHUT_WR)  # nothing follows
    except OSError:
        hang_up(session)  # the reader may not have noticed yet


def encode(event):
    """Return a frame. It does not depend on the one before it, so there is no state to share."""
    return Connection(ConnectionType.SERVER).send(event)


def hang_up(session):
    """End the connection now. `shutdown` wakes whoever waits for it; `close` would not."""
    with suppress(OSError):  # it has ended already
        session.sock.shutdown(socket.SHUT_RDWR)


def run_broker():
    """Take what has happened, one thing after the other, and put messages on outbound queues."""
    sessions = set()  # everyone who is here
    stopping = False
    while sessions or not stopping:
        match inbound.get():
            case Joined(session):
                sessions.add(session)
            case Received(sender, message) if not stopping:
                for session in sessions - {sender}:
                    offer(session, Message(message))
            case Left(session, farewell):
                sessions.discard(session)
                offer(session, farewell)
            case Stopped():
                stopping = True
                for session in sessions:
                    offer(session, GOODBYE)


def offer(session, item):
    """Put something on a client's queue without waiting. If there is no room, cut it off."""
    try:
        session.outbound.put(item)
    except queue.Full:
        hang_up(session)  # its reader notices, and says so: then the broker forgets it


def main():
    """Wait for clients, and let each one in, in a thread of its own, until Ctrl-C."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8765)
    broker = Thread(target=run_broker, daemon=True)
    broker.start()
    with socket.create_server(("127.0.0.1", parser.parse_args().port)) as listener:
        print(f"ready: ws://127.0.0.1:{listener.getsockname()[1]}/", flush=True)
        with suppress(KeyboardInterrupt):
            while True:
                Session(listener.accept()[0]).reader.start()
    inbound.put(Stopped())
    # Whoever has not left by then is cut off: the other threads, daemons, end with this one.
    broker.join(CLOSE_TIMEOUT)


if __name__ == "__main__":
    try:
        main()
    except (OSError, OverflowError) as error:
        sys.exit(f"cannot listen: {error}")
    except KeyboardInterrupt:
        print("stopped")
