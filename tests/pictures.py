"""Runs to be drawn: a conversation, some load, and a client that is cut off."""

from __future__ import annotations

import threading

from clients import RawClient, wait_for, wait_for_clients

from msgproxy import Limits, Server
from msgproxy.hops import Hop
from msgproxy.recording import Recording


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
        inbound_limit=40_000, max_message_size=200_000, outbound_limit=300_000, close_timeout=1
    )
    with Server(port=0, queues=recording, limits=limits) as server:
        clients = join(server, 1)
        clients.append(RawClient(server.url, receive_buffer=4096))
        wait_for_clients(server, 2)
        clients += join(server, 1, 2)
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
        client.say_goodbye()
        client.close()
    wait_for(lambda: not server.snapshot().clients, "the end of all clients")
