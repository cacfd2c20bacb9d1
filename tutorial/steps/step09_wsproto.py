"""Step 9: under the hood.

No thread of a library stands between the client and us any more. Now it is true that only the
reader receives and only the writer sends: pings, pongs and goodbyes go through its queue too.
"""

import argparse
import queue
import socket
import sys
from collections import namedtuple
from contextlib import suppress
from threading import Thread

from connection import Connection, encode
from wsproto.events import CloseConnection, Message

PING_INTERVAL = 5.0  # seconds of silence until a client is pinged, and then until it is gone
LIMIT = 256  # messages that may wait on a queue

Joined = namedtuple("Joined", "session")
Received = namedtuple("Received", "session message")
Left = namedtuple("Left", "session farewell")

# What has happened, in one order for all. The readers put it there; the broker takes it.
inbound = queue.Queue(LIMIT)


class Session:
    """The server's side of one client."""

    def __init__(self, sock):
        self.connection = Connection(sock, PING_INTERVAL)
        self.outbound = queue.Queue(LIMIT)  # what the writer has to send; a farewell is the last


def let_in(session):
    """Let one client in. Close its socket at the end: nobody uses it any more."""
    with session.connection.sock, suppress(OSError):
        if session.connection.let_in():
            serve(session)


def serve(session):
    """Talk with one client until it leaves."""
    inbound.put(Joined(session))
    writer = Thread(target=run_writer, args=(session,), daemon=True)
    writer.start()
    farewell = CloseConnection(1006)  # the client is lost; this is never sent
    try:
        farewell = run_reader(session)
    except OSError:
        session.connection.hang_up()  # the writer may be waiting for this client
    finally:
        inbound.put(Left(session, farewell))
        session.connection.drain()
        session.connection.hang_up()
        writer.join()


def run_reader(session):
    """Pass on whatever the client says. Return the farewell that it is to get."""
    events = session.connection.events()
    while True:
        match next(events):
            case Message() as message:
                inbound.put(Received(session, message))  # waits for room
            case CloseConnection() as farewell:
                return farewell
            case answer:  # a pong, or a ping
                offer(session, answer)


def run_writer(session):
    """Send what is put on the outbound queue, until the farewell."""
    event = None
    try:
        while not isinstance(event, CloseConnection):
            event = session.outbound.get()
            session.connection.sock.sendall(encode(event))
        session.connection.sock.shutdown(socket.SHUT_WR)  # nothing follows
    except OSError:
        session.connection.hang_up()  # the reader may not have noticed yet


def run_broker():
    """Take what has happened, one thing after the other, and put messages on outbound queues."""
    sessions = set()  # everyone who is here
    while True:
        match inbound.get():
            case Joined(session):
                sessions.add(session)
            case Received(sender, message):
                for session in sessions - {sender}:
                    offer(session, message)
            case Left(session, farewell):
                sessions.discard(session)
                offer(session, farewell)


def offer(session, item):
    """Put something on a client's queue without waiting. If there is no room, cut it off."""
    try:
        session.outbound.put_nowait(item)
    except queue.Full:
        session.connection.hang_up()  # its reader notices, and says so: the broker forgets it


def main():
    """Wait for clients, and let each one in, in a thread of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8765)
    Thread(target=run_broker, daemon=True).start()
    with socket.create_server(("127.0.0.1", parser.parse_args().port)) as listener:
        print(f"ready: ws://127.0.0.1:{listener.getsockname()[1]}/", flush=True)
        while True:
            session = Session(listener.accept()[0])
            Thread(target=let_in, args=(session,), daemon=True).start()


if __name__ == "__main__":
    try:
        main()
    except (OSError, OverflowError) as error:
        sys.exit(f"cannot listen: {error}")
    except KeyboardInterrupt:
        print("stopped")
