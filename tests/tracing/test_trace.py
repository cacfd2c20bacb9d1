"""`/trace`: what a viewer is told of the inside, and who may look.

The class of a viewer, and the fixture `watch` that opens some, are in `viewer.py`.
"""

from __future__ import annotations

import logging
import time

import pytest
from clients import PATIENCE, PING, TEXT, count_readers, wait_for, wait_for_clients
from http_client import ask, check_refusal, request
from viewer import a_trace, watched, watching  # noqa: F401

from msgproxy.events import ITEM_OVERHEAD, MessageId
from msgproxy.tracing.hops import Hop
from msgproxy.tracing.viewers import FEW_ITEMS, LiveRecording

MIB = 1024 * 1024
PAGE = "http://page.example"


def test_a_viewer_sees_each_step_of_a_message(server, connect, watch):
    """From the sender's socket to the sockets of all others, with times that fit."""
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
    assert mine[1][6:8] == [1, 5 + ITEM_OVERHEAD]  # its depth, and its bytes on the queue
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


def test_nothing_is_recorded_for_a_viewer_of_counts(server, trace, connect, watch):
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


def test_many_viewers_see_the_same(server, connect, watch):
    """Each gets all hops, with the same numbers; and when they leave, no trace of them remains."""
    ada, bob = connect(server), connect(server)
    wait_for_clients(server, 2)
    viewers = [watch(server) for _ in range(20)]
    for viewer in viewers:
        viewer.look()
    ada.send("hello")
    assert bob.receive() == "hello"
    last = {("writer-2", "sent", "outbound-2"), ("broker", "handled", "inbound")}  # in any order
    for viewer in viewers:
        viewer.look_until(lambda v=viewer: last <= set(v.steps("1.1")))
    seen = [[hop for hop in viewer.hops if "1.1" in hop[5]] for viewer in viewers]
    assert all(hops == seen[0] for hops in seen)
    for viewer in viewers:
        assert viewer.close_cleanly()[0] == 1000
        viewer.close()
    wait_for(lambda: count_readers() == 2, "the end of the viewers' threads")


def test_a_hop_is_encoded_once_for_all_viewers(trace):
    """But what is kept of it is small."""
    items = tuple(MessageId(1, number) for number in range(FEW_ITEMS))
    hop = Hop(0, 0, "broker", "got", "inbound", items[1:], 0, 0)
    assert trace.hop_in_json(hop) is trace.hop_in_json(hop)
    large = hop._replace(items=items)
    assert trace.hop_in_json(large) is not trace.hop_in_json(large)


def test_a_viewer_that_pings_all_the_time_sees_all_the_same(server, watch):
    """What is put on its queue comes first, but does not put off the next look."""
    viewer = watch(server)
    deadline = time.monotonic() + PATIENCE
    seen = 0
    while seen < 3:
        assert time.monotonic() < deadline
        viewer.send_frame(PING, b"again")
        time.sleep(0.002)  # a server does not put up with thousands in a second
        seen += viewer.receive_frame()[1] == TEXT


@pytest.mark.parametrize("allowed", [(), (PAGE,)])
def test_only_the_own_page_may_look(start, allowed):
    """A page from elsewhere may talk if it is allowed to. It may not look."""
    server = start(queues=LiveRecording(), allowed_origins=allowed)
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
