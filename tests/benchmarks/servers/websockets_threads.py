"""The library websockets with threads, and what its documentation calls the naive way.

Each client has its thread, which sends to all others in a loop. The lock keeps the set from
changing in the meantime, and gives all messages one order.
"""

import threading

from websockets.sync.server import ServerConnection, serve

connected: set[ServerConnection] = set()
lock = threading.Lock()


def forward(websocket: ServerConnection) -> None:
    """Forward what one client says to all others."""
    with lock:
        connected.add(websocket)
    try:
        for message in websocket:
            with lock:
                for other in connected - {websocket}:
                    other.send(message)
    finally:
        with lock:
            connected.remove(websocket)


with serve(forward, "127.0.0.1", 0, compression=None) as server:
    print(f"ready: http://127.0.0.1:{server.socket.getsockname()[1]}/", flush=True)
    server.serve_forever()
