"""Find the bug 2: each message reaches one client, and nobody knows which.

This is step 5 with one change for the worse.
"""

import argparse
import queue
import sys
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

from simple_websocket import ConnectionClosed
from simple_websocket import Server as WebSocket
from wsproto.utilities import ProtocolError

# What the library raises when the client is gone. Which of them depends on the moment.
GONE = (ConnectionClosed, OSError, ProtocolError)

# All clients. Every thread uses it, but only while they hold the lock.
sessions = set()
lock = Lock()


class Session:
    """The server's side of one client."""

    def __init__(self, websocket, outbound=queue.Queue()):
        self.websocket = websocket
        self.outbound = outbound  # what the writer has to send; None is the last


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
            websocket = WebSocket(environ, thread_class=hidden_thread)
        except ProtocolError as error:
            self.send_error(400, str(error))
        else:
            serve(Session(websocket))
            websocket.thread.join(1)  # the hidden one: it still answers a Close frame


def serve(session):
    """Talk with one client until it leaves."""
    with lock:
        sessions.add(session)
    Thread(target=run_writer, args=(session,), daemon=True).start()
    try:
        run_reader(session)
    finally:
        with lock:
            sessions.discard(session)
        session.outbound.put(None)


def run_reader(session):
    """Forward whatever the client says."""
    with suppress(*GONE):
        while True:
            message = session.websocket.receive()
            forward(message, session)


def run_writer(session):
    """Send what is put on the outbound queue, until the end mark."""
    with suppress(*GONE):
        while (message := session.outbound.get()) is not None:
            session.websocket.send(message)


def forward(message, sender):
    """Put a message on the queue of everyone but its sender."""
    with lock:
        others = sessions - {sender}  # a copy, so that no thread waits long for the lock
    for session in others:
        session.outbound.put(message)


def main():
    """Wait for clients, and serve each one in a thread of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8765)
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
