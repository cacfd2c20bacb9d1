"""The numbers: what a snapshot counts, and how large a queue takes its items to be."""

from __future__ import annotations

import socket
import time

from clients import PING, encode_frame, wait_for, wait_for_clients
from special_queues import HeldUp

from msgproxy import ClientSnapshot, OutboundQueue, Server, Snapshot
from msgproxy.events import ITEM_OVERHEAD


def traffic(server, number: int) -> tuple[int, int, int, int]:
    """Return messages and bytes that a client has sent, and those that it was sent."""
    [one] = [each for each in server.snapshot().clients if each.number == number]
    return one.messages_in, one.bytes_in, one.messages_out, one.bytes_out


def test_messages_and_bytes_are_counted_from_the_beginning(server, connect):
    """Bytes in are those of messages, in UTF-8; bytes out are those on the wire, with the rest."""
    ada, bob = connect(server), connect(server)
    wait_for_clients(server, 2)
    welcome = len(WELCOME)
    for number in (1, 2):
        wait_for(lambda n=number: traffic(server, n) == (0, 0, 0, welcome), "the handshake's bytes")
    ada.send("größer")
    ada.send(b"bytes")
    assert [bob.receive() for _ in range(2)] == ["größer", b"bytes"]
    bob.send_frame(PING, b"?")
    bob.receive_frame()
    sent = sum(len(encode_frame(1, bytes(size), mask=False)) for size in (8, 5, 1))
    wait_for(lambda: traffic(server, 2) == (0, 0, 2, welcome + sent), "bob's numbers")
    assert traffic(server, 1) == (2, 13, 0, welcome)


WELCOME = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)


def test_a_client_has_joined_since_it_came(server, connect):
    """Not since the machine was started, say; and for longer with each look."""
    began = time.monotonic()
    connect(server)
    wait_for_clients(server, 1)
    looks = [server.snapshot().clients[0].joined_for for _ in range(2)]
    assert 0 <= looks[0] <= looks[1] <= time.monotonic() - began


def test_a_snapshot_says_who_a_client_is(server, connect):
    client = connect(server)
    wait_for_clients(server, 1)
    [one] = server.snapshot().clients
    host, port = client.socket.getsockname()
    assert (one.number, one.peer, one.target, one.waiting) == (1, f"{host}:{port}", "/", 0)


def test_a_snapshot_shows_itself_as_a_table():
    """In a notebook. What a client or a system has named is text, not HTML."""
    client = ClientSnapshot(3, "<peer>", 12.4, 1, 20, 300, 4000, 50)
    shown = Snapshot("http://h/", running=True, waiting=6, clients=(client,))._repr_html_()
    assert shown == (
        "<table><caption>msgproxy at http://h/, running; 6 B wait for the broker</caption>"
        "<tr><th>client</th><th>from</th><th>joined</th><th>in</th><th>out</th><th>waiting</th></tr>"
        "<tr><td>3</td><td>&lt;peer&gt;</td><td>12 s ago</td><td>1 (20 B)</td>"
        "<td>300 (4000 B)</td><td>50 B</td></tr></table>"
    )
    assert ", stopped;" in Server(port=0)._repr_html_()


class NotedQueues(HeldUp):
    """Holds the broker up, and notes what it puts on outbound queues: the number, and the item."""

    def __init__(self) -> None:
        super().__init__()
        self.noted = []

    def outbound(self, limits, number):
        noted = self.noted

        class NotedQueue(OutboundQueue):
            def _put(self, item):
                noted.append((number, item))
                super()._put(item)

        return NotedQueue(limits.outbound_limit)


def test_a_batch_counts_what_is_in_it(start, connect):
    """Also where a sender's own messages were left out of it: the limit is compared with that."""
    queues = NotedQueues()
    server = start(queues=queues)
    ada, bob, eve = connect(server), connect(server), connect(server)
    wait_for_clients(server, 3)
    queues.go.clear()
    eve.send("the broker is held up with this")
    wait_for(queues.is_waiting.is_set, "the broker to take it")
    sizes = {1: [10, 200, 3000], 2: [40_000, 5]}
    for client, number in ((ada, 1), (bob, 2)):
        for size in sizes[number]:
            client.send(b"x" * size)
        said = len(sizes[number])
        wait_for(lambda n=number, m=said: traffic(server, n)[0] == m, "its reader")
    wait_for(lambda: server._shared.inbound.qsize() == 5, "all of it to wait for the broker")
    queues.go.set()
    for client, count in ((ada, 3), (bob, 4), (eve, 5)):
        for _ in range(count):
            client.receive()
    counted = {number: item.size for number, item in queues.noted if len(item.messages) > 1}
    by_ada, by_bob = (sum(sizes[n]) + ITEM_OVERHEAD * len(sizes[n]) for n in (1, 2))
    assert counted == {1: by_bob, 2: by_ada, 3: by_ada + by_bob}


def test_the_system_keeps_little_of_what_is_sent(server, connect):
    """Neither what is small, until something else is acknowledged; nor much before a ping."""
    connect(server)
    wait_for_clients(server, 1)
    [session] = server._broker.joined
    sock = session._connection._socket
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        assert 0 < sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT) <= 256 * 1024
