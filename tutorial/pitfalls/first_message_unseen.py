"""A message that arrives together with the server's handshake stays unseen until more data comes.

`simple_websocket.Client` reads the 101 and what came with it, and then waits for the socket before
it looks at the rest. A server that greets its clients at once is received only when it sends more.

Symptom: The first message of a new client gets lost.
Chapters: 09a-frames
"""

import contextlib
import socket
import threading
from typing import NamedTuple

from simple_websocket import Client
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, TextMessage

DEADLINE = 20.0  # seconds
MOMENT = 0.5  # seconds


class Outcome(NamedTuple):
    at_first: str | None
    """What the client had received a moment after the handshake."""
    later: str | None
    """What it received when the server had sent something else."""


def accept_and_greet(listener: socket.socket, may_speak_again: threading.Event) -> None:
    server, _ = listener.accept()
    server.settimeout(DEADLINE)
    with server:
        protocol = WSConnection(ConnectionType.SERVER)
        protocol.receive_data(server.recv(4096))
        list(protocol.events())  # the request
        answer = protocol.send(AcceptConnection())
        server.sendall(answer + protocol.send(TextMessage("welcome")))  # in one segment
        may_speak_again.wait(DEADLINE)
        server.sendall(protocol.send(TextMessage("anyone there?")))
        server.recv(4096)  # the client's Close frame


def demonstrate() -> Outcome:
    may_speak_again = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"ws://127.0.0.1:{listener.getsockname()[1]}/"
        thread = threading.Thread(target=accept_and_greet, args=(listener, may_speak_again))
        thread.start()
        with contextlib.closing(Client.connect(url)) as client:
            at_first = client.receive(timeout=MOMENT)
            may_speak_again.set()
            later = client.receive(timeout=DEADLINE)
        thread.join(DEADLINE)
        client.thread.join(DEADLINE)
    return Outcome(at_first, later)


def main() -> None:
    at_first, later = demonstrate()
    print("A server sends its handshake and 'welcome' in one piece.")
    print(f"The client receives: {at_first!r}")
    print(f"The server says something else, and the client receives: {later!r}")


if __name__ == "__main__":
    main()
