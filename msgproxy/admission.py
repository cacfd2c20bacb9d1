"""Admission: reads one request; its client is accepted, or turned away.

Rule: this runs in the client's reader thread, before there is a writer. So the reader has both
halves of the connection here, and it alone answers.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from http import HTTPStatus

from msgproxy.connection import Connection
from msgproxy.protocol.handshake import check_request
from msgproxy.protocol.http import Admission, Request, RequestParser, Response
from msgproxy.shared import Shared

log = logging.getLogger(__name__)

SEND_TIMEOUT = 10.0
"""Seconds for a client to take the page, or a refusal."""

LINGER_TIMEOUT = 1.0
"""Seconds for a client to hang up after its answer. Short: a stop waits for it too."""


def admit(connection: Connection, shared: Shared, *, is_full: bool) -> Admission | None:
    """Read the client's request, and check it. Return what is needed to serve the client.

    Return None if the client is turned away, or only wanted the page: it has its answer then.
    """
    parser = RequestParser()
    request = _receive_request(connection, parser, shared.limits.handshake_timeout)
    if request is None:
        log.info("gave up on %s: no complete request", connection.peer)
        return None
    if isinstance(request, Response):  # it was no HTTP request
        _reject(connection, request, parser.encode(request))
        return None
    response = check_request(request, replace(shared.policy, full=is_full))
    if response is not None:
        _reject(connection, response, parser.encode(response))
        return None
    connection.expect_frames()
    return parser.upgrade(request)


def _receive_request(
    connection: Connection, parser: RequestParser, timeout: float
) -> Request | Response | None:
    """Return the client's request, or a refusal of what is not one.

    Return None if the client went away, if the server stops, or if the request was not complete
    within the timeout *in total*. (With a timeout for each `recv`, a client that sends a byte a
    second could stay for hours.)
    """
    deadline = time.monotonic() + timeout
    request = None
    while request is None:
        data = connection.receive_until(deadline, parser.wanted)
        if not data:
            return None
        request = parser.feed(data)
    return request


def _reject(connection: Connection, response: Response, data: bytes) -> None:
    """Send a response that ends the connection: a refusal, or the page."""
    if response.status != HTTPStatus.OK:
        why = ascii(response.body.decode().strip())  # it may quote the client: no raw bytes
        log.info("refused %s: %d %s", connection.peer, response.status, why)
    if not connection.send_answer(data, SEND_TIMEOUT):
        log.info("lost %s in the handshake", connection.peer)
        return
    # As in `Connection.linger`, but a stop need not wait for it.
    deadline = time.monotonic() + LINGER_TIMEOUT
    while connection.receive_until(deadline):
        pass
