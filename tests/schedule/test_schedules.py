"""The races that matter, each in an exact order: leaving, joining and stopping at every moment.

`ana` is client 1, `bob` client 2, `carol` client 3; `msgproxy/schedule/turns.py` lists the steps.
"""

from __future__ import annotations

import select
import socket
import sys
import threading
import traceback

import pytest
from clients import CLOSE, PATIENCE, RawClient, address_of, wait_for
from http_client import request
from planned_server import heard_until_close, nothing_planned, talk_in_turns  # noqa: F401

# One order for all.


def test_a_message_is_with_everyone_before_the_next_is_with_anyone(talk, schedule):
    """Somebody is kept from putting the first on one queue, until the second has been said."""
    _, ana, bob, carol, dave = talk(4)
    schedule.plan(["test goes on", "somebody puts 1.1 outbound-4"])
    ana.send("first")
    wait_for(lambda: any("1.1 on outbound-4" in step for step in schedule.waiting()))
    bob.send("second")
    # A broker learns of it later. A reader that forwarded by itself would have done so now.
    handed_on = ("reader-2 puts 2.1 on inbound", "reader-2 puts 2.1 on outbound-4")
    wait_for(lambda: any(step in schedule.taken for step in handed_on))
    with schedule.turn("test goes on"):
        pass
    schedule.finish()
    heard = [[client.receive(), client.receive()] for client in (carol, dave)]
    assert heard == [["first", "second"]] * 2


def test_messages_that_wait_together_are_sent_in_their_order(talk, schedule):
    _, ana, bob, carol, dave = talk(4)
    schedule.plan(["reader-1 puts 1.1", "reader-2 puts 2.1", "broker takes"])
    ana.send("first")
    bob.send("second")
    schedule.finish()
    heard = [[client.receive(), client.receive()] for client in (carol, dave)]
    assert heard == [["first", "second"]] * 2


# Leaving during a broadcast.


@pytest.mark.parametrize(
    ("steps", "bob_hears"),
    [
        (["reader-2 puts left", "reader-1 puts 1.1", "broker takes"], []),
        (["reader-2 puts left", "broker takes", "reader-1 puts 1.1", "broker takes"], []),
        (["reader-1 puts 1.1", "reader-2 puts left", "broker takes"], ["hello"]),
        (
            ["reader-1 puts 1.1", "broker takes", "reader-2 puts left", "broker puts outbound-2"],
            ["hello"],
        ),
        (
            ["reader-1 puts 1.1", "broker takes", "broker puts outbound-2", "reader-2 puts left"],
            ["hello"],
        ),
    ],
    ids=["left, then said", "left long before", "said, then left", "in its hand", "left after"],
)
def test_a_client_that_leaves_gets_what_was_sent_before_and_nothing_else(
    talk, schedule, steps, bob_hears
):
    """Only the order on the inbound queue counts, not when the broker comes to it."""
    _, ana, bob, carol = talk(3)
    schedule.plan(steps)
    ana.send("hello")
    bob.send_frame(CLOSE, (1000).to_bytes(2))
    schedule.finish()
    assert heard_until_close(bob) == (bob_hears, 1000)
    assert carol.receive() == "hello"


# Joining during a broadcast.


def test_nobody_is_welcomed_before_it_has_joined(talk, schedule):
    """A reader is about to put on the queue: so far it has sent nothing."""
    server, _ = talk(1)
    schedule.hold()
    with socket.create_connection(address_of(server.url), PATIENCE) as bob:
        bob.sendall(request(server.url))
        wait_for(lambda: "reader-2 puts joined on inbound" in schedule.waiting(), "its reader")
        assert select.select([bob], [], [], 0)[0] == []
        schedule.release()
        assert bob.recv(12) == b"HTTP/1.1 101"


@pytest.mark.parametrize("first", [[], ["broker takes"]], ids=["waiting", "forwarded"])
@pytest.mark.parametrize("second", [[], ["broker takes"]], ids=["same batch", "next batch"])
def test_a_client_that_joins_between_two_messages_gets_exactly_the_second(
    talk, schedule, connect, first, second
):
    """It does not matter when the broker comes to take them."""
    server, ana, bob = talk(2)
    schedule.plan(["reader-1 puts 1.1", *first, "reader-3 puts joined", *second])
    schedule.plan(["reader-1 puts 1.2", "broker takes"])
    ana.send("first")
    ana.send("second")
    carol = connect(server)
    schedule.finish()
    assert carol.receive() == "second"
    assert [bob.receive(), bob.receive()] == ["first", "second"]


# The stop, while somebody joins.


@pytest.fixture
def joining(talk, schedule):
    """A client that is just joining. The server stops, and must tell it so."""
    server, _ = talk(1)
    schedule.hold()
    codes = []
    bob = threading.Thread(target=lambda: codes.append(_join_and_listen(server.url)))
    bob.start()
    assert schedule.waiting(1) == ["reader-2 puts joined on inbound"]
    yield server
    schedule.release()
    bob.join(PATIENCE)
    assert codes == [1001]


def _join_and_listen(url):
    with RawClient(url) as client:
        return client.receive_close()[0]


@pytest.mark.parametrize("between", [[], ["broker takes"]], ids=["one batch", "two batches"])
def test_a_client_that_joins_while_the_server_stops_is_told(joining, schedule, between):
    """It joins and is closed at once; it never waits in vain."""
    schedule.plan(["accept stops", "reader-2 puts joined", *between])
    schedule.plan(["accept puts stopped", "broker takes"])
    joining.shutdown()
    schedule.finish()


def test_the_stop_cannot_come_before_a_client_that_is_joining(joining, schedule):
    """The thread that puts `Stopped` waits for the readers first, also for one that may not go."""
    schedule.plan(["accept stops", "accept puts stopped"])
    joining.shutdown()
    joined, stopped = "reader-2 puts joined on inbound", "accept puts stopped on inbound"
    accept = joining._acceptor.thread
    wait_for(lambda: stopped in schedule.taken or is_in("join", accept), "what it does first")
    schedule.release()
    wait_for(lambda: stopped in schedule.taken, "the stop")
    assert [step for step in schedule.taken if step in (joined, stopped)] == [joined, stopped]


def is_in(function: str, thread: threading.Thread) -> bool:
    """Return whether a thread is in a function of this name, or in what that has called."""
    frame = sys._current_frames()[thread.ident]
    return function in [frame.f_code.co_name for frame, _ in traceback.walk_stack(frame)]


def test_a_stop_waits_for_no_hand(joining, schedule):
    """Though a reader waits for its turn, and is not allowed to go on."""
    joining.shutdown()
    wait_for(lambda: "reader-2 puts joined on inbound" in schedule.taken)
