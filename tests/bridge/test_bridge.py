"""Instances that are joined by a Redis stream: which clients receive what, in which order."""

from __future__ import annotations

import random

import pytest
from clients import wait_for, wait_for_clients
from joined_servers import bridge_of, wait_until_it_receives

from msgproxy.events import MessageId
from msgproxy.tracing.recording import Recording


@pytest.mark.parametrize(
    "message",
    ["hello", "", "äöü €", "x" * 125, "x" * 126, b"", b"\x00\xff\r\n", b"y" * 65535, b"z" * 65536],
    ids=["text", "empty", "unicode", "125", "126", "no-bytes", "binary", "65535", "65536"],
)
def test_a_message_arrives_at_the_other_instance_as_it_was_sent(
    message, redis_server, join, connect
):
    """Text stays text, binary stays binary, and of whatever size the frame's head is."""
    here, there = join(redis_server())
    ada, bob = connect(here), connect(there)
    wait_for_clients(there, 2)  # the bridge is one of them
    wait_for_clients(here, 2)
    ada.send(message)
    assert bob.receive() == message


@pytest.mark.parametrize("echo", [False, True], ids=["others", "echo"])
def test_each_message_reaches_everyone_once_and_never_comes_back(echo, redis_server, join, connect):
    """With four instances, nothing goes round; with --echo, the sender has it once as well."""
    servers = join(redis_server(), 4, echo=echo)
    clients = [connect(server) for server in servers]
    for server in servers:
        wait_for_clients(server, 2)
    for number, client in enumerate(clients):
        client.send(f"{number}")
    count = 4 if echo else 3
    received = [sorted(client.receive() for _ in range(count)) for client in clients]
    for client in clients:  # after what might have come twice
        client.send("the end")
    for client, got in zip(clients, received, strict=True):
        got += [client.receive() for _ in range(count)]
    senders = [[f"{n}" for n in range(4) if echo or n != number] for number in range(4)]
    assert received == [[*others, *["the end"] * count] for others in senders]


def test_each_senders_own_order_is_kept_on_every_instance(redis_server, join, connect):
    """Four senders at full speed, on three instances."""
    servers = join(redis_server(), 3)
    listeners = [connect(server) for server in servers]
    senders = [connect(servers[number % 3]) for number in range(4)]
    for server, count in zip(servers, (4, 3, 3), strict=True):
        wait_for_clients(server, count)
    for number in range(200):
        for index, sender in enumerate(senders):
            sender.send(f"{index} {number}")
    for listener in listeners:
        received = [tuple(map(int, listener.receive().split())) for _ in range(4 * 200)]
        for index in range(4):
            assert [number for who, number in received if who == index] == list(range(200))


def test_nobody_sees_an_answer_before_what_it_answers(redis_server, join, connect):
    """A question, an answer from another instance, an answer to that, as seen from a third one."""
    servers = join(redis_server(), 3)
    ada, bob, cleo = (connect(server) for server in servers)
    dan = connect(servers[0])
    for server, count in zip(servers, (3, 2, 2), strict=True):
        wait_for_clients(server, count)
    for number in range(50):
        ada.send(f"question {number}")
        assert bob.receive() == f"question {number}"
        bob.send(f"answer {number}")
        assert [dan.receive() for _ in range(2)] == [f"question {number}", f"answer {number}"]
        dan.send(f"thanks {number}")
        story = [f"question {number}", f"answer {number}", f"thanks {number}"]
        assert [cleo.receive() for _ in range(3)] == story
        assert [ada.receive() for _ in range(2)] == story[1:]
        assert bob.receive() == story[2]


def test_the_bridge_is_number_0_in_a_snapshot(redis_server, join, connect):
    """It counts what came from others and what went to them, and it has no password."""
    redis = redis_server()
    here, there = join(redis)
    ada, bob = connect(here), connect(there)
    wait_for_clients(here, 2)
    wait_for_clients(there, 2)
    ada.send("four")
    assert bob.receive() == "four"
    wait_for(lambda: bridge_of(here).snapshot().messages_out == 1, "the count of what was told")
    [bridge] = [client for client in there.snapshot().clients if client.number == 0]
    assert bridge.peer == f"redis://127.0.0.1:{redis.port}/0"
    assert (bridge.messages_in, bridge.bytes_in, bridge.messages_out) == (1, 4, 0)


def test_a_recording_shows_what_goes_over_the_bridge(redis_server, join, start, connect):
    """As with a client: from its reader to the broker, and from the broker to its writer."""
    redis = redis_server()
    recording = Recording()
    here = start(bridge=redis.url(), queues=recording)
    wait_until_it_receives(here)
    (there,) = join(redis, 1)
    ada, bob = connect(here), connect(there)
    wait_for_clients(here, 2)
    wait_for_clients(there, 2)
    ada.send("ping")
    assert bob.receive() == "ping"
    bob.send("pong")
    assert ada.receive() == "pong"
    said, received = MessageId(1, 1), MessageId(0, 1)
    seen = {(hop.thread, hop.act, hop.queue) for hop in recording.hops() if said in hop.items}
    assert ("broker", "put", "outbound-0") in seen
    assert ("writer-0", "got", "outbound-0") in seen
    seen = {(hop.thread, hop.act, hop.queue) for hop in recording.hops() if received in hop.items}
    assert ("reader-0", "put", "inbound") in seen


def test_random_senders_on_three_instances_lose_nothing(redis_server, join, connect):
    """Messages of all sizes, in bursts: each client has each of the others' exactly once."""
    chance = random.Random(7)
    servers = join(redis_server(), 3)
    clients = [connect(server) for server in servers for _ in range(2)]
    for server in servers:
        wait_for_clients(server, 3)
    sent = [[] for _ in clients]
    for _ in range(150):
        index = chance.randrange(len(clients))
        size = chance.choice([0, 10, 200, 5000, 70_000])
        message = f"{index} {len(sent[index])} ".encode() + chance.randbytes(size)
        sent[index].append(message)
        clients[index].send(message)
    for index, client in enumerate(clients):
        others = [number for number in range(len(clients)) if number != index]
        received = {number: [] for number in others}
        for _ in range(sum(len(sent[number]) for number in others)):
            message = client.receive()
            received[int(message.split(b" ", 1)[0])].append(message)
        assert received == {number: sent[number] for number in others}
