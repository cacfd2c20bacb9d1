"""Behaviours of `msgproxy check`: who is let in, and how everything ends.

Rule: as in `talk.py`. For the end, the checker must have started the server itself.
"""

from __future__ import annotations

from msgproxy.check.behaviours.load import BEYOND_BUFFERS, pour
from msgproxy.check.client import Answer
from msgproxy.check.failure import Failed, Surprise, expecting
from msgproxy.check.harness import Crew

GOING_AWAY = 1001
"""The close code of a server that stops (RFC 6455 section 7.4.1)."""

FAREWELL = 4
"""Times the patience until a server has ended, with a client that does not let it go."""

REQUESTS = (
    ("the Origin of another site", "Origin: http://elsewhere.example", 403),
    ("an Origin that only begins like the server's", "Origin: http://{host}.example", 403),
    ("version 8 of the protocol", "Sec-WebSocket-Version: 8", 426),
    ("no key", "Sec-WebSocket-Key: ", 400),
    ("the server's own Origin", "Origin: http://{host}", 101),
)
"""Requests with something special: what it is, the header that makes it so, and the answer."""


def says_goodbye(crew: Crew) -> None:
    """Ctrl-C: everyone is told goodbye with code 1001, and the server ends with status 0."""
    assert crew.program is not None, "whoever calls this has looked"
    a, b, slow = crew.gather("A", "B", "S", slow="S")
    slow.reads = False
    pour(crew, a, b, BEYOND_BUFFERS, "S stopped to read, and A said a lot")
    did = "with A, B, and S who does not read, sent SIGINT to the server, as Ctrl-C does"
    crew.program.interrupt()
    for client in (a, b):
        expected = f"{client.name} is told goodbye with close code {GOING_AWAY}"
        crew.until(lambda client=client: client.end)  # type: ignore[misc]
        if client.close_code != GOING_AWAY:
            raise Failed(did, expected, str(client.end or "nothing came"))
        client.close()
        crew.clients.remove(client)
    seconds = FAREWELL * crew.patience
    status = crew.program.wait(seconds)
    if status != 0:
        instead = "it still runs" if status is None else f"it ended with status {status}"
        raise Failed(did, f"the server ends within {seconds:g} s, with status 0", instead)


def refuses_strangers(crew: Crew) -> None:
    """Pages of other sites may not connect, and bad requests get proper answers."""
    for what, header, status in REQUESTS:
        header = header.format(host=crew.address.name)
        expected = "the client is let in" if status == 101 else f"the HTTP answer {status}"
        with expecting(f"connected with {what} ({header!r})", expected):
            answer = _ask(crew, header)
            if answer.status != status:
                raise Surprise("the client was let in" if answer.status == 101 else str(answer))
            if status == 426 and answer.headers.get("sec-websocket-version") != "13":
                raise Surprise(f"{answer}, but without the header 'Sec-WebSocket-Version: 13'")
    with expecting("connected and sent 'hello', which is no HTTP", "the HTTP answer 400"):
        client = crew.open("A")
        client.outgoing += b"hello\r\n\r\n"
        crew.until(lambda: client.answer or client.end)
        if not client.answer or client.answer.status != 400:
            raise client.end or Surprise("nothing came")


def _ask(crew: Crew, header: str) -> Answer:
    """Ask to be let in with a certain header, and return what is answered."""
    client = crew.request("A", header)
    crew.until(lambda: client.answer or client.end)
    if client.answer:
        return client.answer
    raise client.end or Surprise(f"nothing came within {crew.patience:g} s")
