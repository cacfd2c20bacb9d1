"""Admission: which requests step 12 accepts, and how it refuses the others.

There is no socket and no thread here, so each rule can be tried in the Python shell.
"""

import base64
from urllib.parse import urlsplit

from wsproto.events import AcceptConnection, RejectConnection

OUR_NAMES = {"127.0.0.1", "localhost"}  # the server listens on this machine only
KEY_SIZE = 16  # bytes of a Sec-WebSocket-Key (RFC 6455 section 4.1)


def decide(request):
    """Return the answer to a request. Raise ValueError if a header cannot be understood."""
    headers = {name: value.decode() for name, value in request.extra_headers}
    if urlsplit(f"//{request.host}").hostname not in OUR_NAMES:
        return refuse(421)  # Misdirected Request: another site's name leads here
    if headers.get(b"origin") not in (None, f"http://{request.host}"):
        return refuse(403)  # Forbidden: a page of another site
    if len(base64.b64decode(headers[b"sec-websocket-key"], validate=True)) != KEY_SIZE:
        return refuse(400)  # Bad Request
    return AcceptConnection()


def refuse(status):
    """Return a refusal: an HTTP answer with this status, after which the connection is closed."""
    return RejectConnection(status_code=status, headers=[(b"Connection", b"close")])
