"""The races that matter, each in an exact order: who leaves, joins, or stops in the middle of what.

`ana` is client 1, `bob` client 2, `carol` client 3; the steps stand in
`msgproxy/schedule/turns.py`.
"""

from __future__ import annotations

import threading

import pytest
from clients import CLOSE, PATIENCE, RawClient, wait_for, wait_for_clients

from msgproxy import Limits
from msgproxy.schedule.schedule import Schedule
from msgproxy.schedule.steps import StepMissed, means
from msgproxy.schedule.turns import Scheduled

SMALL = Limits(max_message_size=1000, inbound_limit=4000, outbound_limit=5064)
"""Five messages of 1000 bytes are too much for a client that takes none of them."""


@pytest.fixture
def schedule():
    """With this nothing is planned. What waits is let go before the server is closed."""
    return Schedule(patience=PATIENCE)


@pytest.fixture
def talk(start, schedule, connect):
    """Start a server with so many clients on it: `server, ana, bob = talk(2)`."""
    with schedule:

        def start_with(count: int, **kwargs):
            server = start(queues=Scheduled(schedule), **kwargs)
            clients = []
            for number in range(1, count + 1):
                clients.append(connect(server))
                wait_for_clients(server, number)
            return server, *clients

        yield start_with


def heard_until_close(client) -> tuple[list[str], int]:
    """Return the messages, and the code of the Close frame behind them."""
    heard = []
    while (frame := client.receive_frame())[1] != CLOSE:
        heard.append(frame[2].decode())
    return heard, int.from_bytes(frame[2][:2])


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
def test_who_leaves_gets_what_was_said_before_and_nothing_else(talk, schedule, steps, bob_hears):
    """It is the order on the inbound queue that counts, not when the broker comes to it."""
    _, ana, bob, carol = talk(3)
    schedule.plan(steps)
    ana.send("hello")
    bob.send_frame(CLOSE, (1000).to_bytes(2))
    schedule.finish()
    assert heard_until_close(bob) == (bob_hears, 1000)
    assert carol.receive() == "hello"


# Joining during a broadcast.


@pytest.mark.parametrize("first", [[], ["broker takes"]], ids=["waiting", "forwarded"])
@pytest.mark.parametrize("second", [[], ["broker takes"]], ids=["same batch", "next batch"])
def test_who_joins_between_two_messages_gets_exactly_the_second(
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
    """A client in the middle of its joining; the server, which is to stop, will tell it so."""
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
def test_who_joins_when_the_server_stops_is_told(joining, schedule, between):
    """It comes in and is seen out at once; it never waits in vain."""
    schedule.plan(["accept stops", "reader-2 puts joined", *between])
    schedule.plan(["accept puts stopped", "broker takes"])
    joining.shutdown()
    schedule.finish()


def test_the_stop_cannot_come_before_who_is_joining(joining, schedule):
    """No schedule leads there: `Stopped` is put by who has waited for all readers."""
    schedule.patience = 0.5
    schedule.plan(["accept stops", "accept puts stopped", "broker takes", "reader-2 puts joined"])
    joining.shutdown()
    with pytest.raises(StepMissed, match="'accept puts stopped' has not come"):
        schedule.finish()


def test_a_stop_waits_for_no_hand(joining, schedule):
    """Though a reader stands at its turn, and nobody has let it go."""
    joining.shutdown()
    wait_for(lambda: "reader-2 puts joined on inbound" in schedule.taken)


# Cut off, while it leaves.


def fill_up(ana, schedule):
    """Have as much wait for bob as is allowed: his writer takes nothing."""
    schedule.hold()
    for number in range(1, 5):
        ana.send("x" * 1000)
        schedule.plan([f"reader-1 puts 1.{number}", "broker takes", "broker puts outbound-2"])
        schedule.finish()


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        (["reader-2 puts left", "reader-1 puts 1.5", "broker takes"], 1000),
        (["reader-1 puts 1.5", "reader-2 puts left", "broker takes", "broker puts 1.5"], 1013),
        (["reader-1 puts 1.5", "broker takes", "reader-2 puts left", "broker puts 1.5"], 1013),
    ],
    ids=["leaves first", "cut off first", "leaves meanwhile"],
)
def test_who_is_cut_off_while_it_leaves_gets_one_goodbye(talk, schedule, steps, code):
    """And the reason is what came first."""
    server, ana, bob = talk(2, limits=SMALL)
    fill_up(ana, schedule)
    ana.send("x" * 1000)
    bob.send_frame(CLOSE, (1000).to_bytes(2))
    schedule.plan([*steps, "broker puts goodbye on outbound-2"])
    schedule.finish()
    schedule.release()
    assert heard_until_close(bob) == (["x" * 1000] * 4, code)
    wait_for_clients(server, 1)
    assert ana.say_goodbye()[0] == 1000  # so the broker has handled all that bob put
    goodbyes = [step for step in schedule.taken if means("broker puts goodbye outbound-2", step)]
    assert len(goodbyes) == 1


def test_who_has_been_cut_off_is_not_listened_to_any_more(talk, schedule):
    """What it says may be on the queue already: it is no member when the broker comes to it."""
    _, ana, bob, carol = talk(3, limits=SMALL)
    schedule.hold()
    for number in range(1, 5):
        ana.send("x" * 1000)
        schedule.plan([f"reader-1 puts 1.{number}", "broker takes"])
        schedule.finish()
        schedule.allow("broker puts")
        schedule.allow("broker puts")
        schedule.allow("writer-3 takes")
    ana.send("x" * 1000)
    bob.send("still here")
    # It puts 1.5 for bob, in vain, then his goodbye; and before or after that, 1.5 for carol.
    schedule.plan(["reader-1 puts 1.5", "broker takes", "reader-2 puts 2.1", *["broker puts"] * 3])
    schedule.finish()
    schedule.release()
    assert bob.receive_close()[0] == 1013
    ana.send("next")
    assert [carol.receive() for _ in range(6)] == ["x" * 1000] * 5 + ["next"]
