"""A pong that another thread sends lands in the middle of a large frame.

simple-websocket answers pings in a reading thread that it keeps to itself. While your thread
sends a large message, both send on one socket, and nothing keeps them apart. The cure is one
thread per socket that sends, including pongs.

Symptom: A client reports garbage while a large message is on its way.
Chapters: 03-shared, 09a-frames, 14-rust
"""

import socket
import threading
import time
from typing import NamedTuple

from simple_websocket import Server

DEADLINE, MOMENT = 20.0, 0.2  # seconds
HEAD = 10  # bytes in front of such a large payload
MESSAGE = b"A" * 30_000_000
PING = b"\x89\x84" + bytes(4) + b"ping"  # a client masks what it sends: with zeros, here
PONG = b"\x8a\x04ping"
UPGRADE = {
    "HTTP_HOST": "localhost",
    "HTTP_UPGRADE": "websocket",
    "HTTP_CONNECTION": "Upgrade",
    "HTTP_SEC_WEBSOCKET_VERSION": "13",
    "HTTP_SEC_WEBSOCKET_KEY": "AAAAAAAAAAAAAAAAAAAAAA==",
}


class Outcome(NamedTuple):
    pong_at: int  # bytes before it
    is_torn: bool


def demonstrate() -> Outcome:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname(), timeout=DEADLINE)
        ours, _ = listener.accept()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 50_000)  # so it sends in many parts
    server = Server({"werkzeug.socket": ours, **UPGRADE})
    sender = threading.Thread(target=server.send, args=(MESSAGE,))
    with client:
        client.recv(4096)  # the answer to the handshake
        sender.start()
        pong_at = receive_and_ping(client).find(PONG)
        sender.join(DEADLINE)
    server.thread.join(DEADLINE)
    return Outcome(pong_at, pong_at < HEAD + len(MESSAGE))


def receive_and_ping(client: socket.socket) -> bytes:
    """Receive the frame and a pong, in whatever order they come."""
    data = bytearray(client.recv(HEAD))  # the frame is on its way
    client.sendall(PING)
    time.sleep(MOMENT)  # now two threads wait until there is room to send
    while len(data) < HEAD + len(MESSAGE) + len(PONG):
        data += client.recv(1 << 16)
    return bytes(data)


def main() -> None:
    pong_at, is_torn = demonstrate()
    print(f"While a frame of {len(MESSAGE):,} bytes was on its way, its receiver sent a ping.")
    print(f"The pong came after {pong_at:,} bytes: {'inside' if is_torn else 'after'} it.")


if __name__ == "__main__":
    main()
