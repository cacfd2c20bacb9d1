"""A program that does not close its `simple_websocket.Client` does not end.

The client has a reading thread that is not a daemon. After the program's last line Python waits for
that thread, and the thread waits for the server. `contextlib.closing` closes it, come what may.

Symptom: My script is at its end, and the program does not stop.
Chapters: 13-package
"""

import select
import socket
import subprocess
import sys
from typing import NamedTuple

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection

DEADLINE, MOMENT = 20.0, 1.0  # seconds
PROGRAM = """
import simple_websocket
client = simple_websocket.Client.connect("ws://127.0.0.1:{port}/")
{then}
print("the last line", flush=True)
"""


class Outcome(NamedTuple):
    ends_if_closed: bool
    ends_if_left_open: bool


def ends(then: str) -> bool:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(DEADLINE)
        program = PROGRAM.format(port=listener.getsockname()[1], then=then)
        with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
            try:
                return serve(listener, process)
            finally:
                process.kill()


def serve(listener: socket.socket, process: subprocess.Popen[bytes]) -> bool:
    """Serve the program, and hang up if it sends a Close frame. Return whether it ends."""
    server, _ = listener.accept()
    server.settimeout(DEADLINE)
    with server:
        protocol = WSConnection(ConnectionType.SERVER)
        protocol.receive_data(server.recv(4096))
        list(protocol.events())  # the request
        server.sendall(protocol.send(AcceptConnection()))
        process.stdout.readline()  # type: ignore[union-attr]  # the last line
        if not any(select.select([server], [], [], MOMENT)):  # no Close frame
            return process.poll() is not None
    return process.wait(DEADLINE) == 0


def demonstrate() -> Outcome:
    return Outcome(ends("client.close()"), ends("pass"))


def main() -> None:
    closed, left_open = demonstrate()
    print(f"After client.close(), a program {'ends' if closed else 'does not end'}.")
    print(f"Without it, the program {'ends' if left_open else 'does not end'}.")


if __name__ == "__main__":
    main()
