"""The library simple-websocket, in the threaded HTTP server of the standard library.

Its documentation shows it in Flask's development server, which is built on that one. Each
client has two threads: the server's, which forwards, and the library's, which receives.
"""

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import simple_websocket

connected: set[simple_websocket.Server] = set()
lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    """Serves one client."""

    def do_GET(self) -> None:
        """Take the connection over, as Flask would let the library do."""
        environ = {f"HTTP_{k.upper().replace('-', '_')}": v for k, v in self.headers.items()}
        environ["werkzeug.socket"] = self.connection
        self.close_connection = True
        with contextlib.suppress(simple_websocket.ConnectionClosed):
            self.forward(simple_websocket.Server.accept(environ))

    def forward(self, websocket: simple_websocket.Server) -> None:
        """Forward what the client says to all others."""
        with lock:
            connected.add(websocket)
        try:
            while True:
                message = websocket.receive()
                with lock:
                    for other in connected - {websocket}:
                        other.send(message)
        finally:
            with lock:
                connected.remove(websocket)


class Server(ThreadingHTTPServer):
    """The server of the standard library, ready for a crowd that comes at once."""

    daemon_threads = True
    request_queue_size = 1024


with Server(("127.0.0.1", 0), Handler) as server:
    print(f"ready: http://127.0.0.1:{server.server_address[1]}/", flush=True)
    server.serve_forever()
