"""Which order clients see: with the stream first one for all, with local first one per instance.

The stream first is no part of msgproxy: it is one of the servers that the benchmark measures.
"""

from __future__ import annotations

import select
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from benchmarks.servers.stream_first import StreamFirst, StreamFirstServer
from clients import PATIENCE, wait_for, wait_for_clients
from joined_servers import bridge_of, impatient, lines
from redis_server import STREAM

from msgproxy import Limits, Server
from msgproxy.tracing.viewers import LiveRecording

ROOM = 64 * 1024
LARGE = ROOM - 1024
SMALL = Limits(max_message_size=ROOM, inbound_limit=ROOM)
"""A queue to the stream on which two large messages find room, and no third."""

ROUNDS = 50
"""Messages of each client, when all talk at once."""

local_first = pytest.mark.parametrize("start", [Server], indirect=True)


@pytest.fixture
def start(request):
    """Start servers as `start` does elsewhere, but with the stream first."""
    servers = []

    def start_one(**kwargs):
        make = getattr(request, "param", StreamFirstServer)
        if make is StreamFirstServer:
            kwargs["queues"] = LiveRecording(StreamFirst())
        servers.append(make(port=0, **kwargs).start())
        return servers[-1]

    yield start_one
    for server in servers:
        server.close()


@pytest.fixture
def meet(join, connect):
    """Start instances with as many clients on each: `meet(redis, 3)`."""

    def meet_some(redis, each, **kwargs):
        servers = join(redis, 2, **kwargs)
        clients = [connect(server) for server in servers for _ in range(each)]
        for server in servers:
            wait_for_clients(server, each + 1)  # the bridge is one of them
        return servers, clients

    return meet_some


def test_any_two_clients_anywhere_see_one_order(redis_server, meet):
    """Six on two instances talk at once, as fast as they can; the order is that of the stream."""
    redis = redis_server()
    _, clients = meet(redis, 3)
    talk_at_once(clients)
    count = (len(clients) - 1) * ROUNDS
    received = [[client.receive() for _ in range(count)] for client in clients]
    entries = [fields for _, fields in redis.ask("XRANGE", STREAM, "-", "+")]
    stream = [message.decode() for fields in entries for message in fields[7::2]]
    assert len(stream) == len(set(stream)) == len(clients) * ROUNDS
    for number, messages in enumerate(received):  # so what two of them both get has one order
        assert messages == [each for each in stream if not each.startswith(f"{number} ")]


def talk_at_once(clients):
    """Let each say its number and a count, from a thread of its own."""
    ready = threading.Barrier(len(clients))

    def talk(number):
        ready.wait(PATIENCE)
        for count in range(ROUNDS):
            clients[number].send(f"{number} {count}")

    with ThreadPoolExecutor(len(clients)) as pool:
        list(pool.map(talk, range(len(clients))))


@local_first
def test_local_first_two_instances_differ_in_what_is_said_at_once(redis_server, meet):
    """Each sees its own message before the other's, every time. Senders' orders are kept."""
    redis = redis_server()
    _, (ada, listening_here, bob, listening_there) = meet(redis, 2)
    for number in range(5):
        redis.freeze()  # the stream is held up, so "at once" is for as long as we need
        ada.send(f"ada {number}")
        bob.send(f"bob {number}")
        before = listening_here.receive(), listening_there.receive()
        redis.thaw()
        after = listening_here.receive(), listening_there.receive()
        assert before == after[::-1] == (f"ada {number}", f"bob {number}")


def test_stream_first_two_instances_agree_on_what_is_said_at_once(redis_server, meet):
    """The same once more; now nobody receives it before the stream has it."""
    redis = redis_server()
    _, (ada, listening_here, bob, listening_there) = meet(redis, 2)
    for number in range(5):
        redis.freeze()
        ada.send(f"ada {number}")
        bob.send(f"bob {number}")
        redis.thaw()
        here = [listening_here.receive() for _ in range(2)]
        there = [listening_there.receive() for _ in range(2)]
        assert here == there
        assert sorted(here) == [f"ada {number}", f"bob {number}"]


def test_without_redis_clients_of_one_instance_receive_nothing_either(redis_server, meet, caplog):
    """Until it is back: then all receive what was sent meanwhile, the first message too."""
    redis = redis_server("--appendonly", "yes", "--appendfsync", "always")
    (server, _), (ada, neighbour, *_, elsewhere) = meet(redis, 2)
    redis.kill()
    ada.send("can you hear me?")
    wait_for(lambda: lines(caplog, "cannot publish to the other instances"), "a line in the log")
    assert not select.select([neighbour.socket], [], [], 0.2)[0]
    redis.start()
    assert neighbour.receive() == elsewhere.receive() == "can you hear me?"
    assert len(server.snapshot().clients) == 3  # nobody was cut off


def test_the_last_messages_of_a_client_that_has_left_reach_all(redis_server, meet):
    """It is gone before they are back from the stream. (They are no longer its own, then.)"""
    redis = redis_server()
    (server, _), (ada, neighbour, *_, elsewhere) = meet(redis, 2)
    redis.freeze()
    for number in range(3):
        ada.send(f"{number}")
    ada.close_cleanly()
    wait_for_clients(server, 2)
    redis.thaw()
    for client in (neighbour, elsewhere):
        assert [client.receive() for _ in range(3)] == ["0", "1", "2"]
    neighbour.send("the end")
    assert elsewhere.receive() == "the end"


def test_redis_may_come_after_the_first_words(redis_server, start, connect):
    """They are added when the reader has its place on the stream, and not before it."""
    redis = redis_server()
    redis.kill()
    server = start(bridge=redis.url())
    ada, bob = connect(server), connect(server)
    wait_for_clients(server, 3)
    ada.send("too early")
    redis.start()
    assert bob.receive() == "too early"


def test_a_client_that_talks_on_without_redis_has_to_wait(redis_server, meet, caplog):
    """Nothing is forgotten, and the memory has a bound: TCP makes the client wait."""
    redis = redis_server("--appendonly", "yes", "--appendfsync", "always")
    (server, _), (ada, neighbour, *_, elsewhere) = meet(redis, 2, limits=SMALL)
    redis.kill()
    talk = threading.Thread(target=lambda: [ada.send(bytes([n]) * LARGE) for n in range(250)])
    talk.start()
    wait_for(lambda: bridge_of(server).snapshot().waiting > ROOM, "a queue that is full")
    talk.join(0.5)  # for which it has to be in vain
    assert talk.is_alive()
    assert bridge_of(server).snapshot().waiting < 2 * ROOM
    redis.start()
    for number in range(250):
        assert neighbour.receive() == elsewhere.receive() == bytes([number]) * LARGE
    talk.join(PATIENCE)
    assert not lines(caplog, "lost")


@impatient
@pytest.mark.parametrize("count", [2, 3], ids=["full", "reader-waits"])
def test_a_stop_does_not_wait_for_redis(count, redis_server, meet, caplog):
    """It takes a message and does not answer. Behind that the queue is full; one more waits."""
    redis = redis_server()
    (server, _), clients = meet(redis, 2, limits=SMALL)
    redis.freeze()
    clients[0].send("taken")
    wait_for(lambda: server.snapshot().clients[1].messages_in == 1, "the first message")
    wait_for(lambda: bridge_of(server).snapshot().waiting == 0, "the writer to take it")
    for _ in range(count):
        clients[0].send(bytes(LARGE))
    wait_for(lambda: server.snapshot().clients[1].messages_in == 1 + count, "all of it")
    wait_for(lambda: bridge_of(server).snapshot().waiting > ROOM, "a queue that is full")
    server.shutdown()
    for client in clients[:2]:
        assert client.receive_close() == (1001, "the server is stopping")
        client.close()
    server.close()
    assert lines(caplog, "messages have not reached the other instances")
