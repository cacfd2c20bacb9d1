"""An echo server with one thread and no library that receives or sends. It prints each event.

It serves one client at a time, as the sketch of chapter 1 does.
"""

import argparse
import socket
import sys
from contextlib import suppress

from connection import Connection, encode

PING_INTERVAL = 5.0  # seconds of silence until a client is pinged, and then until it is lost


def serve(connection):
    """Send back each message of one client, and answer its other frames."""
    if connection.handshake():
        for event in connection.events():
            print(f"{event!r:.70}", flush=True)
            connection.sock.sendall(encode(event))


def main():
    """Serve one client after the other."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8765)
    with socket.create_server(("127.0.0.1", parser.parse_args().port)) as listener:
        print(f"ready: ws://127.0.0.1:{listener.getsockname()[1]}/", flush=True)
        while True:
            sock, _ = listener.accept()
            with sock, suppress(OSError):  # the client is lost
                serve(Connection(sock, PING_INTERVAL))


if __name__ == "__main__":
    try:
        main()
    except (OSError, OverflowError) as error:
        sys.exit(f"cannot listen: {error}")
    except KeyboardInterrupt:
        print("stopped")
