"""Step 9: one sender for each socket.

No library's thread is between the client and us any more. Now only the reader receives
and only the writer sends: pings, pongs and Close frames go through its queue too.
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

PING_INTERVAL = 5.0  # seconds of silence until a client is pinged, and then until it is lost
LIMIT = 256  # messages that may wait on a queue

Joined = namedtuple("Joined", "session")
Received = namedtuple("Received", "session message")
Left = namedtuple("Left", "session close_frame")

# What has happened, in one order for all. The readers put it there; the broker takes it.
inbound = queue.Queue(LIMIT)


class Session:
    """The server's side of one client."""

    def __init__(self, sock):
        self.connection = Connection(sock, PING_INTERVAL)
        self.outbound = queue.Queue(LIMIT)  # what the writer has to send; a Close frame is the last


def handle(session):
    """Answer one client's request, and talk with it if it is accepted. At last close its socket."""
    with session.connection.sock, suppress(OSError):
        if session.connection.handshake():
            serve(session)


def serve(session):
    """Talk with one client until it leaves."""
    inbound.put(Joined(session))
    writer = Thread(target=run_writer, args=(session,), daemon=True)
    writer.start()
    close_frame = CloseConnection(1006)  # the client is lost; this is never sent
    try:
        close_frame = run_reader(session)
    except OSError:
        session.connection.hang_up()  # the writer may be waiting for this client
    finally:
        inbound.put(Left(session, close_frame))
        session.connection.drain()
        session.connection.hang_up()
        writer.join()


def run_reader(session):
    """Pass on each message of the client. Return the Close frame that it should get."""
    events = session.connection.events()
    while True:
        match next(events):
            case Message() as message:
                inbound.put(Received(session, message))  # waits for room
            case CloseConnection() as close_frame:
                return close_frame
            case answer:  # a pong, or a ping
                offer(session, answer)


def run_writer(session):
    """Send what is put on the outbound queue, until a Close frame."""
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
            case Left(session, close_frame):
                sessions.discard(session)
                offer(session, close_frame)


def offer(session, item):
    """Put something on a client's queue without waiting. If there is no room, cut it off."""
    try:
        session.outbound.put_nowait(item)
    except queue.Full:
        session.connection.hang_up()  # its reader notices, and says so: the broker drops it


def main():
    """Wait for clients, and accept each one in a thread of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8765)
    Thread(target=run_broker, daemon=True).start()
    with socket.create_server(("127.0.0.1", parser.parse_args().port)) as listener:
        print(f"ready: ws://127.0.0.1:{listener.getsockname()[1]}/", flush=True)
        while True:
            session = Session(listener.accept()[0])
            Thread(target=handle, args=(session,), daemon=True).start()


if __name__ == "__main__":
    try:
        main()
    except (OSError, OverflowError) as error:
        sys.exit(f"cannot listen: {error}")
    except KeyboardInterrupt:
        print("stopped")
