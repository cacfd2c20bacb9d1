"""Runs to be drawn: a conversation, some load, and a client that is cut off. Each is made once.

A test module imports the fixtures: `every_run`, which is `hops`, and `made_up`, which is `few`.
"""

from __future__ import annotations

import threading

import pytest
from clients import RawClient, wait_for, wait_for_clients

from msgproxy import Limits, Server
from msgproxy.events import MessageId
from msgproxy.tracing.hops import Hop
from msgproxy.tracing.recording import Recording


def conversation(texts=("hello", "hi there")) -> list[Hop]:
    """Three clients; the first ones say a text each, and all get it. Then the server stops."""
    recording = Recording()
    with Server(port=0, queues=recording) as server:
        clients = join(server, 3)
        for speaker, text in zip(clients, texts, strict=False):
            speaker.send(text)
            for client in clients:
                assert client is speaker or client.receive() == text
        leave(server, clients)
    return recording.hops()


def load(count: int = 8) -> list[Hop]:
    """Three clients talk at once, as fast as they can."""
    recording = Recording()
    with Server(port=0, queues=recording) as server:
        clients = join(server, 3)
        talkers = [threading.Thread(target=talk, args=(client, count)) for client in clients]
        for talker in talkers:
            talker.start()
        for talker in talkers:
            talker.join()
        for client in clients:
            for _ in range(2 * count):
                client.receive()
        leave(server, clients)
    return recording.hops()


def cut_off() -> list[Hop]:
    """The second of three clients reads nothing, until its queue is full."""
    recording = Recording()
    limits = Limits(
        inbound_limit=40_000, max_message_size=500_000, outbound_limit=600_000, close_timeout=1
    )
    with Server(port=0, queues=recording, limits=limits) as server:
        clients = join(server, 1)
        clients.append(RawClient(server.url, receive_buffer=4096))
        wait_for_clients(server, 2)
        clients += join(server, 1, 2)
        # Larger than what the system takes. When the writer has it, it can do nothing but wait.
        clients[0].send("x" * 500_000)
        clients[2].receive()
        wait_for(lambda: not server.snapshot().clients[1].waiting, "writer-2 to take it")
        for _ in range(200):
            clients[0].send("x" * 150_000)
            clients[2].receive()
            if len(server.snapshot().clients) < 3:
                break
        wait_for_clients(server, 2)
        clients[0].send("who is still here?")
        clients[2].receive()
        hops = recording.hops()
        for client in clients:
            client.close()
    return hops


def join(server: Server, count: int, before: int = 0) -> list[RawClient]:
    """One after the other, so that they have their numbers in this order."""
    clients = []
    for number in range(count):
        clients.append(RawClient(server.url))
        wait_for_clients(server, before + number + 1)
    return clients


def talk(client: RawClient, count: int) -> None:
    for number in range(count):
        client.send(f"number {number}")


def leave(server: Server, clients: list[RawClient]) -> None:
    for client in clients:
        client.close_cleanly()
        client.close()
    wait_for(lambda: not server.snapshot().clients, "the end of all clients")


RUNS = {"conversation": conversation, "load": load, "slow": cut_off}
_made: dict[str, list[Hop]] = {}


def run(name: str) -> list[Hop]:
    """Each run is made once; all tests, of all modules, look at the same."""
    if name not in _made:
        _made[name] = RUNS[name]()
    return _made[name]


@pytest.fixture(params=RUNS, name="hops")
def every_run(request) -> list[Hop]:
    """One after the other."""
    return run(request.param)


@pytest.fixture(name="few")
def made_up() -> list[Hop]:
    """The first steps of a message, with numbers that are easy to compare."""
    item = (MessageId(1, 1),)
    return [
        Hop(7, 1000, "reader-1", "received", "inbound", item, 0, 0, "hello"),
        Hop(8, 3000, "reader-1", "put", "inbound", item, 1, 69),
        Hop(9, 4000, "broker", "got", "inbound", item, 0, 0),
        Hop(10, 5000, "broker", "put", "outbound-2", (MessageId(1, 1), "ping"), 1, 69),
    ]


def hop(time: int, thread: str, act, items, text: str = "hello", queue: str = "inbound") -> Hop:
    """A hop of the inbound queue, or of another one."""
    return Hop(time, time * 1000, thread, act, queue, items, 1, 64, text)


def outbound(time: int, thread: str, act, *items, client: int = 2) -> Hop:
    """A hop of an outbound queue."""
    return hop(time, thread, act, items, "", f"outbound-{client}")


HOSTILE = [
    "</text><script>alert(1)</script>",
    "]]>&lt;&amp;&#0;<!-- ",
    "\0\x01\x08\x0b\x1b[31m\x7f\x85\ufffe\uffff",
    "\ud800\udfff",
    "\u202eevil\u2066\u2069\u200f",
    "z" + "\u0301" * 30,
    "\n\r\n\t\u2028",
    "\" onload='x' style=\"",
    "日本語のとても長い文章がここに立っています、とても長い",
    "👩‍👩‍👧‍👦" * 10,
    "W" * 40,
]
"""What people could say, or could be called, to break a picture."""
