"""`/trace`: what a viewer is told of the inside, and that nobody notices that there is one."""

from __future__ import annotations

import json
import logging
import threading
import time
import tracemalloc

import pytest
from clients import PATIENCE, PING, TEXT, RawClient, wait_for, wait_for_clients
from http_client import ask, check_refusal, request

from msgproxy import Limits
from msgproxy.trace import Trace

MIB = 1024 * 1024
PAGE = "http://page.example"


class Viewer(RawClient):
    """A raw client that asks for the trace, and collects what it is told."""

    def __init__(self, server, target="/trace", **kwargs) -> None:
        self.target = target
        self.hops, self.counts, self.lost = [], [], 0
        super().__init__(server.url, **kwargs)

    def handshake(self, url, early=b"") -> None:
        self.socket.sendall(request(url, target=self.target) + early)
        while b"\r\n\r\n" not in self.buffer:
            self.buffer += self._some()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 "), head

    def look(self) -> dict:
        """Wait for one message."""
        news = json.loads(self.receive())
        self.hops += news.get("hops", [])
        self.lost += news.get("lost", 0)
        self.counts += [news] if "clients" in news else []
        return news

    def look_until(self, condition) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"not seen: {self.hops[-20:]}"
            self.look()

    def steps(self, item: str) -> list[tuple]:
        """Return what happened to a message: (thread, act, queue)."""
        return [(hop[2], hop[3], hop[4]) for hop in self.hops if item in hop[5]]


@pytest.fixture
def trace():
    return Trace()


@pytest.fixture
def server(start, trace):
    return start(queues=trace)


@pytest.fixture
def watch():
    """Open viewers: `watch(server)`. They vanish at the end of the test."""
    viewers = []

    def watch_one(server, target="/trace", **kwargs) -> Viewer:
        viewers.append(Viewer(server, target, **kwargs))
        return viewers[-1]

    yield watch_one
    for viewer in viewers:
        viewer.close()


def readers():
    """Count the readers that run, viewers' too."""
    return sum(thread.name.startswith("reader-") for thread in threading.enumerate())


def test_a_viewer_sees_each_step_of_a_message(server, connect, watch):
    """From the socket of who says it to the sockets of all others, with times that fit."""
    ada, bob, cem = connect(server), connect(server), connect(server)
    wait_for_clients(server, 3)
    viewer = watch(server)
    viewer.look()
    ada.send("hello")
    assert bob.receive() == cem.receive() == "hello"
    viewer.look_until(lambda: sum(act == "sent" for _, act, _ in viewer.steps("1.1")) == 2)
    steps = viewer.steps("1.1")
    assert steps[:3] == [
        ("reader-1", "received", "inbound"),
        ("reader-1", "put", "inbound"),
        ("broker", "got", "inbound"),
    ]
    for n in (2, 3):
        acts = [act for _, act, queue in steps if queue == f"outbound-{n}"]
        assert acts == ["put", "got", "sent"]
    assert not [step for step in steps if step[2] == "outbound-1"]
    mine = [hop for hop in viewer.hops if "1.1" in hop[5]]
    assert [hop[0] for hop in mine] == sorted(hop[0] for hop in mine)
    assert mine[0][8] == "hello"
    assert mine[1][6:8] == [1, 5 + 64]  # its depth, and its bytes with the bookkeeping
    assert viewer.lost == 0


def test_a_viewer_is_told_how_many_have_said_what(server, connect, watch):
    """The counts are those of the server's snapshot."""
    ada, bob = connect(server), connect(server)
    wait_for_clients(server, 2)
    ada.send("hello")
    assert bob.receive() == "hello"
    viewer = watch(server)
    viewer.look_until(lambda: viewer.counts and "messages_out': 1" in str(viewer.counts[-1]))
    told = viewer.counts[-1]
    said = {client["number"]: client["messages_in"] for client in told["clients"]}
    assert said == {1: 1, 2: 0}
    assert (told["limit"], told["inbound_limit"], told["waiting"]) == (16 * MIB, 4 * MIB, 0)


def test_who_asks_for_counts_has_nothing_recorded(server, trace, connect, watch):
    """`/trace?counts` gets no hops, and the recording stays off."""
    ada, bob = connect(server), connect(server)
    viewer = watch(server, "/trace?counts")
    viewer.look()
    for number in range(5):
        ada.send(str(number))
        assert bob.receive() == str(number)
        viewer.look()
    assert viewer.hops == []
    assert trace.next_number() == 0


def test_nobody_looks_and_nothing_is_recorded(server, trace, connect):
    """A trace without viewers notes nothing."""
    ada, bob = connect(server), connect(server)
    wait_for_clients(server, 2)
    ada.send("hello")
    assert bob.receive() == "hello"
    assert trace.next_number() == 0


def test_a_viewer_is_no_client(server, connect, watch):
    """It is in no snapshot, hears nothing, and no hop is its own."""
    ada, bob = connect(server), connect(server)
    wait_for_clients(server, 2)
    viewer, other = watch(server), watch(server)  # clients 3 and 4, if they were any
    viewer.look()
    ada.send("hello")
    assert bob.receive() == "hello"
    other.look()
    viewer.look_until(lambda: ("writer-2", "sent", "outbound-2") in viewer.steps("1.1"))
    viewer.look_until(lambda: len(viewer.counts) > 1)
    assert len(server.snapshot().clients) == 2
    assert all(len(counts["clients"]) == 2 for counts in viewer.counts)
    assert not [hop for hop in viewer.hops if hop[2].endswith(("-3", "-4")) or "-3" in hop[4]]


def test_what_a_viewer_says_goes_to_nobody(server, connect, watch):
    """It may say what it likes: no client hears it, it is recorded nowhere, and it sees on."""
    ada, bob = connect(server), connect(server)
    wait_for_clients(server, 2)
    viewer = watch(server)
    for number in range(200):
        viewer.send(f"from outside {number}")
    viewer.send_frame(0x9, b"?")  # a ping: once it is answered, all before it has been taken
    while viewer.receive_frame()[1] != 0xA:
        pass
    ada.send("from inside")
    assert bob.receive() == "from inside"
    viewer.look_until(lambda: ("writer-2", "sent", "outbound-2") in viewer.steps("1.1"))
    assert not [hop for hop in viewer.hops if "from outside" in hop[8]]


@pytest.mark.parametrize("allowed", [(), (PAGE,)])
def test_only_the_own_page_may_look(start, allowed):
    """A page from elsewhere may talk if it is allowed to. It may not look."""
    server = start(queues=Trace(), allowed_origins=allowed)
    check_origin(server, "/trace", PAGE, 403)
    check_origin(server, "/trace?counts", PAGE, 403)
    check_origin(server, "/", PAGE, 101 if allowed else 403)
    check_origin(server, "/trace", "http://{host}:{port}", 101)
    check_origin(server, "/trace", None, 101)


def check_origin(server, target, origin, status):
    assert ask(server.url, request(server.url, {"Origin": origin}, target=target)).status == status


def test_a_server_that_cannot_be_watched_has_no_trace(start, caplog):
    """Without recording queues there is nothing to see at `/trace`, and no sign of it."""
    caplog.set_level(logging.INFO)
    server = start()
    answer = ask(server.url, request(server.url, target="/trace"))
    check_refusal(answer, caplog, 404)


def test_the_trace_is_a_websocket(server, caplog):
    """A plain request is told so."""
    caplog.set_level(logging.INFO)
    plain = request(server.url, {"Upgrade": None, "Connection": None}, target="/trace")
    answer = ask(server.url, plain)
    check_refusal(answer, caplog, 426)
    assert answer.values("upgrade") == ["websocket"]


def test_a_viewer_that_stops_reading_changes_nothing_for_others(server, connect, watch):
    """Everybody gets everything, and when the viewer reads again it is told what it missed."""
    ada, bob = connect(server), connect(server)
    wait_for_clients(server, 2)
    viewer = watch(server, receive_buffer=4096)
    viewer.look()
    said, deadline = 0, time.monotonic() + PATIENCE
    numbers = []
    while not viewer.lost:
        for _ in range(2_000):
            ada.send(str(said))
            said += 1
        numbers += [int(bob.receive()) for _ in range(2_000)]
        if said >= 30_000:  # more hops than the buffers on the way to the viewer hold
            viewer.look()
        assert time.monotonic() < deadline
    assert numbers == list(range(said))
    assert viewer.lost > 0
    viewer.look_until(lambda: ("writer-2", "sent", "outbound-2") in viewer.steps(f"1.{said}"))


def test_a_viewer_that_does_not_read_costs_no_memory(start, connect, watch):
    """Nothing piles up for it. What is kept is the ring, which is as large as it was made."""
    server = start(queues=Trace(limit=1_000))
    ada, bob = connect(server), connect(server)
    wait_for_clients(server, 2)
    watch(server, receive_buffer=4096)
    tracemalloc.start()
    try:
        talk(ada, bob, 10_000)  # some 60,000 hops, of more than 100 bytes each
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert used < 4 * MIB


def talk(speaker, listener, count):
    """Say so much, in batches, and hear it."""
    for _ in range(count // 500):
        for number in range(500):
            speaker.send(str(number))
        for number in range(500):
            assert listener.receive() == str(number)


def test_the_stop_is_as_quick_with_viewers_that_do_not_read(start, connect, watch):
    """They are given the close timeout, like clients: all of them together, not one by one."""
    server = start(queues=Trace(), limits=Limits(close_timeout=2))
    ada, bob = connect(server), connect(server)
    wait_for_clients(server, 2)
    for _ in range(6):
        watch(server, receive_buffer=4096)
    talk(ada, bob, 20_000)
    begin = time.monotonic()
    server.close()
    assert time.monotonic() - begin < 10  # one by one it would be 12 and more


def test_a_viewer_is_told_that_the_server_stops(server, watch):
    """Close code 1001, like everybody."""
    viewer, other = watch(server), watch(server, "/trace?counts")
    viewer.look()
    stop = threading.Thread(target=server.close)
    stop.start()
    try:
        assert viewer.receive_close()[0] == 1001
        assert other.receive_close()[0] == 1001
    finally:
        viewer.close()
        other.close()
        stop.join()


def test_many_viewers_see_the_same(server, connect, watch):
    """Each gets all hops, with the same numbers; and when they leave nothing of them is left."""
    ada, bob = connect(server), connect(server)
    wait_for_clients(server, 2)
    viewers = [watch(server) for _ in range(20)]
    for viewer in viewers:
        viewer.look()
    ada.send("hello")
    assert bob.receive() == "hello"
    for viewer in viewers:
        viewer.look_until(lambda v=viewer: ("writer-2", "sent", "outbound-2") in v.steps("1.1"))
    seen = [[hop for hop in viewer.hops if "1.1" in hop[5]] for viewer in viewers]
    assert all(hops == seen[0] for hops in seen)
    for viewer in viewers:
        assert viewer.say_goodbye()[0] == 1000
        viewer.close()
    wait_for(lambda: readers() == 2, "the end of the viewers' threads")


def test_a_viewer_that_pings_all_the_time_sees_all_the_same(server, watch):
    """What is put on its queue comes first, but does not put off the next look."""
    viewer = watch(server)
    deadline = time.monotonic() + PATIENCE
    seen = 0
    while seen < 3:
        assert time.monotonic() < deadline
        viewer.send_frame(PING, b"again")
        seen += viewer.receive_frame()[1] == TEXT
