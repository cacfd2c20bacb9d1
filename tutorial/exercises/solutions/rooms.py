"""Exercise 1: rooms. Only clients in the same room receive each other's messages.

A client that connects to ws://127.0.0.1:8765/kitchen is in the room /kitchen, and the room / is
one like any other. A message reaches all others in the room, and nobody elsewhere. Rooms need not
be opened or closed: there are as many as there are paths.

A text message that begins with `/join ` moves its sender to the room named after it, as in
`/join /garden`. It is forwarded to nobody. What the client says after that goes to the new room.

Given: `session.path`, the whole path that the client asked for, without what follows a `?`.
Check: python tutorial/exercises/check.py rooms
"""

import sys
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

sys.path.extend(map(str, Path(__file__).resolve().parents[:2]))  # base.py is in one of them

from base import run_step
from simple_websocket import Server as WebSocket
from step08_bounds import PING_INTERVAL, Joined, Left, Received, inbound, offer, serve
from step08_bounds import Session as SessionWithoutPath
from wsproto.utilities import ProtocolError


class Session(SessionWithoutPath):
    """The server's side of one client. It knows the path that the client asked for."""

    def __init__(self, websocket, path):
        super().__init__(websocket)
        self.path = path


class Handler(BaseHTTPRequestHandler):
    """Answers the handshake of one client, as in step 8. Only the last line is new."""

    def do_GET(self):
        environ = {f"HTTP_{k.upper().replace('-', '_')}": v for k, v in self.headers.items()}
        environ["werkzeug.socket"] = self.connection
        hidden_thread = partial(Thread, daemon=True)
        try:
            websocket = WebSocket(environ, thread_class=hidden_thread, ping_interval=PING_INTERVAL)
        except ProtocolError as error:
            self.send_error(400, str(error))
        else:
            serve(Session(websocket, urlsplit(self.path).path))


def run_broker():
    """Take what has happened, one thing after the other, and put messages on outbound queues."""
    rooms = {}  # the room of each client that has joined
    while True:
        match inbound.get():
            case Joined(session):
                rooms[session] = session.path
            case Received(sender, str(message)) if message.startswith("/join "):
                rooms[sender] = message.removeprefix("/join ")
            case Received(sender, message):
                for session in rooms.keys() - {sender}:
                    if rooms[session] == rooms[sender]:
                        offer(session, message)
            case Left(session):
                del rooms[session]
                offer(session, None)


def main():
    run_step(Handler=Handler, run_broker=run_broker)


if __name__ == "__main__":
    main()
