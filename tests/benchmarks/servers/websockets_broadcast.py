"""The library websockets with threads, and its `broadcast`, which sends with a pool of threads.

Each client has its thread. The pool is "large enough relative to the number of clients", as the
documentation asks; the lock gives all messages one order.
"""

import threading

from websockets.sync.server import ServerConnection, broadcast, serve

connected: set[ServerConnection] = set()
lock = threading.Lock()


def forward(websocket: ServerConnection) -> None:
    """Forward what one client says to all others."""
    with lock:
        connected.add(websocket)
    try:
        for message in websocket:
            with lock:
                broadcast(connected - {websocket}, message)
    finally:
        with lock:
            connected.remove(websocket)


with serve(forward, "127.0.0.1", 0, compression=None) as server:
    print(f"ready: http://127.0.0.1:{server.socket.getsockname()[1]}/", flush=True)
    server.serve_forever()
