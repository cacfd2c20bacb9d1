"""An echo server in twenty lines. How it ends is another matter: see step 1."""

from http.server import BaseHTTPRequestHandler, HTTPServer

from simple_websocket import Server as WebSocket


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        environ = {f"HTTP_{k.upper().replace('-', '_')}": v for k, v in self.headers.items()}
        environ["werkzeug.socket"] = self.connection
        websocket = WebSocket(environ)
        while True:
            message = websocket.receive()
            websocket.send(message)


server = HTTPServer(("127.0.0.1", 8765), Handler)
print("ready: ws://127.0.0.1:8765/", flush=True)
server.serve_forever()
