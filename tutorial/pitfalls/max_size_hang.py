"""A message over simple-websocket's `max_message_size` can leave `receive()` waiting for ever.

The library wakes the waiting thread first, and notes afterwards that the connection is over. A
quick thread finds it open and waits again. One queue for messages and end has no such gap.

Symptom: After a message that is too large, the server hangs.
Chapters: 09a-frames
"""

import contextlib
import socket
import threading
from typing import NamedTuple

from simple_websocket import ConnectionClosed, Server

DEADLINE, MOMENT = 20.0, 0.3  # seconds
MOST_TRIES = 2000
TOO_LONG = b"\x81\x8b" + bytes(4) + b"hello world"  # a text of 11 bytes, masked with zeros
UPGRADE = {
    "HTTP_HOST": "localhost",
    "HTTP_UPGRADE": "websocket",
    "HTTP_CONNECTION": "Upgrade",
    "HTTP_SEC_WEBSOCKET_VERSION": "13",
    "HTTP_SEC_WEBSOCKET_KEY": "AAAAAAAAAAAAAAAAAAAAAA==",
}


class Outcome(NamedTuple):
    hung: bool
    tries: int


def receive(server: Server) -> None:
    with contextlib.suppress(ConnectionClosed):
        server.receive()


def hangs() -> bool:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        server = Server({"werkzeug.socket": listener.accept()[0], **UPGRADE}, max_message_size=10)
    receiver = threading.Thread(target=receive, args=(server,))
    receiver.start()
    client.sendall(TOO_LONG)
    server.thread.join(DEADLINE)  # the one that could wake the receiver is over
    receiver.join(MOMENT)
    is_waiting = receiver.is_alive()
    server.event.set()  # so that this program, at least, does not hang
    receiver.join(DEADLINE)
    client.close()
    return is_waiting


def demonstrate() -> Outcome:
    for tries in range(MOST_TRIES):
        if hangs():
            return Outcome(True, tries + 1)
    return Outcome(False, MOST_TRIES)


def main() -> None:
    hung, tries = demonstrate()
    print("A client sends 11 bytes where 10 are allowed, and that ends the connection.")
    print(f"In try {tries}, receive() {'waits all the same' if hung else 'has ended, as before'}.")


if __name__ == "__main__":
    main()
