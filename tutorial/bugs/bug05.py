"""Find the bug 5: when it is quiet for a moment, everybody is disconnected.

This is step 7 with one change for the worse.
"""

import argparse
import queue
import socket
import sys
from collections import namedtuple
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from simple_websocket import ConnectionClosed
from simple_websocket import Server as WebSocket
from wsproto.utilities import ProtocolError

# What the library raises when the client is gone. Which of them depends on the moment.
GONE = (ConnectionClosed, OSError, ProtocolError)

PING_INTERVAL = 5.0  # seconds; a client has to answer a ping before the next one is due

Joined = namedtuple("Joined", "session")
Received = namedtuple("Received", "session message")
Left = namedtuple("Left", "session")

# What has happened, in one order for all. The readers put it there; the broker takes it.
inbound = queue.Queue()


class Session:
    """The server's side of one client."""

    def __init__(self, websocket):
        self.websocket = websocket
        self.outbound = queue.Queue()  # what the writer has to send; None is the last


class Handler(BaseHTTPRequestHandler):
    """Answers the handshake of one client. From then on both speak WebSocket."""

    def do_GET(self):
        # The library wants what a web server would give it: the request's headers, named as
        # WSGI names them, and the socket, under a name of the web server Werkzeug's.
        environ = {f"HTTP_{k.upper().replace('-', '_')}": v for k, v in self.headers.items()}
        environ["werkzeug.socket"] = self.connection
        # It receives in a thread of its own. As a daemon, that does not outlive the program.
        hidden_thread = partial(Thread, daemon=True)
        try:
            websocket = WebSocket(environ, thread_class=hidden_thread, ping_interval=PING_INTERVAL)
        except ProtocolError as error:
            self.send_error(400, str(error))
        else:
            serve(Session(websocket))


def serve(session):
    """Talk with one client until it leaves."""
    inbound.put(Joined(session))
    Thread(target=run_writer, args=(session,), daemon=True).start()
    try:
        run_reader(session)
    finally:
        session.websocket.thread.join(1)  # the hidden one: it still answers a Close frame
        hang_up(session)  # the writer may be waiting for this client, and would for ever
        inbound.put(Left(session))


def run_reader(session):
    """Pass on whatever the client says."""
    with suppress(*GONE):
        while True:
            message = session.websocket.receive(timeout=PING_INTERVAL)
            inbound.put(Received(session, message))


def run_writer(session):
    """Send what is put on the outbound queue, until the end mark."""
    with suppress(*GONE):
        while (message := session.outbound.get()) is not None:
            session.websocket.send(message)
    hang_up(session)  # the reader may not have noticed yet


def hang_up(session):
    """End the connection now. `shutdown` wakes the threads that wait for it; `close` would not."""
    with suppress(OSError):  # it has ended already
        session.websocket.sock.shutdown(socket.SHUT_RDWR)


def run_broker():
    """Take what has happened, one thing after the other, and put messages on outbound queues."""
    sessions = set()  # all clients that have joined
    while True:
        match inbound.get():
            case Joined(session):
                sessions.add(session)
            case Received(sender, message):
                for session in sessions - {sender}:
                    session.outbound.put(message)
            case Left(session):
                sessions.discard(session)
                session.outbound.put(None)


def main():
    """Wait for clients, and serve each one in a thread of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8765)
    Thread(target=run_broker, daemon=True).start()
    with ThreadingHTTPServer(("127.0.0.1", parser.parse_args().port), Handler) as server:
        print(f"ready: ws://127.0.0.1:{server.server_port}/", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    try:
        main()
    except (OSError, OverflowError) as error:
        sys.exit(f"cannot listen: {error}")
    except KeyboardInterrupt:
        print("stopped")
