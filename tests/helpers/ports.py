"""Ports for servers that other programs start, or that come back where they were."""

from __future__ import annotations

import random
import socket

RANGE = range(10_000, 30_000)
"""Systems hand out higher ones for connections: there, one that is free may be taken soon."""


def free_port() -> int:
    """Return a port on which nobody listens, and which the system gives to nobody by itself."""
    while True:
        port = random.choice(RANGE)
        try:
            with socket.create_server(("127.0.0.1", port)):
                return port
        except OSError:
            continue
