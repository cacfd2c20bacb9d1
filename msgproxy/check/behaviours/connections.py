"""Behaviours of `msgproxy check`: how connections begin, how they end, and what may be on them.

Rule: the clients break no rule of the protocol here, except for a few requests. They are only
slow, silent or talkative. For the end, the checker must have started the server itself.
"""

from __future__ import annotations

from msgproxy.check.behaviours.load import BEYOND_BUFFERS, flood
from msgproxy.check.client import Answer
from msgproxy.check.failure import BehaviourFailed, Unexpected, expecting
from msgproxy.check.frames import BINARY, CONTINUATION, PING, PONG
from msgproxy.check.harness import Harness

SILENCE = 12
"""Times the patience until a silent client must be noticed: a minute, if that is 5 seconds."""

LARGE = b"." * 1_000_000
"""A large message, but one that any server should accept."""

LARGE_ONES = 15
"""Large messages that wait for a slow client: more than socket buffers hold, so one is torn."""

PINGS = 8
"""Pings that the slow client sends meanwhile."""

PING_PAUSE = 0.05
"""Seconds between two of them."""

BEYOND_LIMITS = 65
"""MiB of a message that is over any reasonable limit."""

TOO_BIG = 1009
"""The close code for such a message (RFC 6455 section 7.4.1)."""

GOING_AWAY = 1001
"""The close code of a server that stops (RFC 6455 section 7.4.1)."""

END = 4
"""Times the patience until a server must have ended, although a client does not read."""

REQUESTS = (
    ("the Origin of another site", "Origin: http://elsewhere.example", 403),
    ("an Origin that only begins like the server's", "Origin: http://{host}.example", 403),
    ("version 8 of the protocol", "Sec-WebSocket-Version: 8", 426),
    ("no key", "Sec-WebSocket-Key: ", 400),
    ("the server's own Origin", "Origin: http://{host}", 101),
)
"""Requests that are special: in what, the header that makes them so, and the status to expect."""


def notices_silence(harness: Harness) -> None:
    """A client that falls silent is disconnected, and one that only says nothing is not."""
    a, mute, quiet = harness.connect_all("A", "M", "Q")
    mute.answers_pings = False
    seconds = SILENCE * harness.patience
    did = "M and Q said nothing more; Q went on answering pings, M did not"
    if not harness.until(lambda: mute.end, seconds):
        instead = f"after {seconds:g} s it is still connected"
        raise BehaviourFailed(did, f"M is disconnected within {seconds:g} s", instead)
    with expecting(
        f"{did}; when M was disconnected, A said 'hello'", "Q is still there, and gets it"
    ):
        harness.say_until_all_hear(a, [quiet])


def pong_between(harness: Harness) -> None:
    """A ping during a large message is answered, and not in the middle of it."""
    a, b, slow = harness.connect_all("A", "B", "S", slow="S")
    slow.reads = False
    did = f"A said {LARGE_ONES} messages of 1 MB, and S, which is slow, sent pings meanwhile"
    for _ in range(LARGE_ONES):
        with expecting(did, "the server accepts A's messages, and B, which reads, gets them"):
            harness.say(a, LARGE)
            harness.hear(b)
        slow.send_frame(PONG)  # a sign of life, as in `load.flood`
    # The buffers cannot hold what is on its way to S, so the server is in the middle of sending.
    for number in range(PINGS):
        slow.send_frame(PING, b"ping %d" % number)
        harness.pause(PING_PAUSE)
    slow.reads = True
    for number in range(LARGE_ONES):
        with expecting(did, f"S gets message {number + 1} whole, as it was said"):
            _compare(harness.hear(slow), number)
    with expecting(did, "the last ping is answered by a pong with its payload"):
        last = b"ping %d" % (PINGS - 1)
        harness.wait_for(slow, lambda: last in slow.pongs, "no such pong came")


def _compare(heard: object, number: int) -> None:
    if heard == LARGE:
        return
    if not isinstance(heard, bytes):
        raise Unexpected(f"S got a text message: {heard!r:.40}")
    at = len(heard) - len(heard.lstrip(b"."))
    raise Unexpected(
        f"message {number + 1} has other bytes in it, from {at:,} on: "
        f"{heard[at : at + 16].hex(' ')} ({heard[at : at + 16]!r}); "
        "8a is the first byte of a pong, 89 of a ping"
    )


def limits_size(harness: Harness) -> None:
    """A message over the limit is refused with code 1009, however it is cut into fragments."""
    with expecting("connected A", "it is accepted"):
        a = harness.connect("A")
    did = f"A said one message in fragments of 1 MiB, up to {BEYOND_LIMITS} of them"
    expected = f"at some point the server closes the connection with code {TOO_BIG}"
    for number in range(BEYOND_LIMITS):
        a.send_frame(CONTINUATION if number else BINARY, bytes(1 << 20), fin=False)
        if not harness.until(lambda: a.end or not a.outgoing):
            raise BehaviourFailed(
                did, expected, f"the server accepts nothing more after {number} MiB"
            )
        if a.end:
            break
    harness.until(lambda: a.end)
    if a.close_code != TOO_BIG:
        raise BehaviourFailed(
            did, expected, str(a.end or f"the server accepts all {BEYOND_LIMITS} MiB")
        )


def closes_cleanly(harness: Harness) -> None:
    """Ctrl-C: every client gets close code 1001, and the server ends with status 0."""
    assert harness.program is not None, "the caller has checked this"
    a, b, slow = harness.connect_all("A", "B", "S", slow="S")
    slow.reads = False
    flood(harness, a, b, BEYOND_BUFFERS, "S stopped reading, and A said a lot")
    did = "with A, B, and S, which does not read, sent SIGINT to the server, as Ctrl-C does"
    harness.program.interrupt()
    for client in (a, b):
        expected = f"{client.name} gets a Close frame with code {GOING_AWAY}"
        harness.until(lambda client=client: client.end)  # type: ignore[misc]
        if client.close_code != GOING_AWAY:
            raise BehaviourFailed(did, expected, f"{client.name} got {client.end or 'nothing'}")
        client.close()
        harness.clients.remove(client)
    seconds = END * harness.patience
    status = harness.program.wait(seconds)
    if status != 0:
        instead = "it still runs" if status is None else f"it ended with status {status}"
        raise BehaviourFailed(did, f"the server ends within {seconds:g} s, with status 0", instead)


def refuses_strangers(harness: Harness) -> None:
    """Pages of other sites are refused, and bad requests get the right HTTP status."""
    for what, header, status in REQUESTS:
        header = header.format(host=harness.address.name)
        expected = "the client is accepted" if status == 101 else f"the HTTP status {status}"
        with expecting(f"connected with {what} ({header!r})", expected):
            answer = _ask(harness, header)
            if answer.status != status:
                raise Unexpected("the client was accepted" if answer.status == 101 else str(answer))
            if status == 426 and not answer.lists("sec-websocket-version", "13"):
                raise Unexpected(f"{answer}, but without the header 'Sec-WebSocket-Version: 13'")
    with expecting("connected and sent 'hello', which is no HTTP", "the HTTP status 400"):
        client = harness.open("A")
        client.outgoing += b"hello\r\n\r\n"
        harness.until(lambda: client.answer or client.end)
        if not client.answer or client.answer.status != 400:
            raise client.end or Unexpected("nothing came")


def _ask(harness: Harness, header: str) -> Answer:
    """Send a request with a certain header, and return the response."""
    client = harness.request("A", header)
    harness.until(lambda: client.answer or client.end)
    if client.answer:
        return client.answer
    raise client.end or Unexpected(f"nothing came within {harness.patience:g} s")
