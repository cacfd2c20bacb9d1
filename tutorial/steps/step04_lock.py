"""Step 4: a lock around the set.

The set no longer changes while a thread goes through it.
"""

import argparse
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
clients = set()
lock = Lock()


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
            serve(websocket)
            websocket.thread.join(1)  # the hidden one: it still answers a Close frame


def serve(websocket):
    """Forward whatever a client says, until it leaves."""
    with lock:
        clients.add(websocket)
    try:
        with suppress(*GONE):
            while True:
                message = websocket.receive()
                forward(message, websocket)
    finally:
        with lock:
            clients.discard(websocket)


def forward(message, sender):
    """Send a message to everyone but its sender."""
    with lock:
        for client in clients:
            if client is not sender:
                with suppress(*GONE):  # a client that leaves just now
                    client.send(message)


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
