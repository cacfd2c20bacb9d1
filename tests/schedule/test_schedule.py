"""The schedule itself: what it takes, what it refuses, and that it never keeps anyone for ever."""

from __future__ import annotations

import pytest
from clients import PATIENCE, PING, PONG, wait_for, wait_for_clients

from msgproxy.schedule.schedule import Schedule
from msgproxy.schedule.steps import StepMissed, matches
from msgproxy.schedule.turns import Scheduled
from msgproxy.tracing.recording import Recording


def test_a_schedule_that_was_taken_can_be_taken_again(start, connect):
    """All of it: every step of every thread, in the same order."""

    def converse(schedule) -> list[str]:
        server = start(queues=Scheduled(schedule))
        clients = ana, bob, carol = [connect(server) for _ in range(3)]
        for number in range(20):
            ana.send(str(number))
            bob.send(str(-number))
        heard = [carol.receive() for _ in range(40)]
        for client in clients:
            assert client.close_cleanly()[0] == 1000
            client.close()
        server.close()
        return heard

    first = Schedule()
    heard = converse(first)
    again = Schedule(first.taken)
    assert converse(again) == heard
    assert again.taken == first.taken


def test_the_order_on_the_inbound_queue_decides_what_is_received(start, connect):
    """So its steps alone are enough to hear the same again."""

    def converse(schedule) -> list[list[str]]:
        server = start(queues=Scheduled(schedule))
        clients = [connect(server) for _ in range(3)]
        wait_for_clients(server, 3)
        for client, name in zip(clients, "abc", strict=True):
            for number in range(5):
                client.send(f"{name}{number}")
        heard = [[client.receive() for _ in range(10)] for client in clients]
        for client in clients:
            assert client.close_cleanly()[0] == 1000
            client.close()
        server.close()
        return heard

    turned = ["reader-3 puts 3.5", "reader-1 puts 1.1", "reader-1 puts 1.5", "reader-2 puts 2.1"]
    first = Schedule(turned)
    heard = converse(first)
    assert heard[1] == [f"c{n}" for n in range(5)] + [f"a{n}" for n in range(5)]
    decisive = [s for s in first.taken if "inbound" in s.split() or s == "accept stops"]
    assert converse(Schedule(decisive)) == heard


def test_a_recording_sees_what_the_schedule_has_decided(start, connect):
    """`Recording` in front of `Scheduled`: one schedule, and one list of what happened."""
    schedule = Schedule(patience=PATIENCE)
    recording = Recording(queues=Scheduled(schedule))
    server = start(queues=recording)
    ana, bob = connect(server), connect(server)
    wait_for_clients(server, 2)
    schedule.plan(["reader-2 puts 2.1", "reader-1 puts 1.1", "broker takes"])
    ana.send("one")
    bob.send("two")
    schedule.finish()
    assert [ana.receive(), bob.receive()] == ["two", "one"]
    puts = [h for h in recording.hops() if (h.act, h.queue) == ("put", "inbound")]
    assert [list(map(str, hop.items)) for hop in puts[2:]] == [["2.1"], ["1.1"]]


def test_a_server_that_drops_the_plan_to_stop_does_not_hide_that(start):
    """It runs out of patience before the schedule's owner asks. The owner is told, once."""
    schedule = Schedule(["never comes", "nor does this"], patience=0.2)
    start(queues=Scheduled(schedule)).close()
    with pytest.raises(StepMissed, match=r"'never comes' has not come in 0\.2 s"):
        schedule.finish()
    schedule.finish()


def test_a_ping_is_answered_though_nothing_else_happens(start, connect):
    """What a reader puts for its own client is no step; but its writer waits for its turn."""
    client = connect(start(queues=Scheduled(Schedule())))
    client.send_frame(PING, b"are you there?")
    assert client.receive_frame() == (True, PONG, b"are you there?")


def test_a_step_that_does_not_come_is_an_error_that_lists_the_waiting_threads(start, connect):
    """From then on there is no schedule, so the server works on, and can be closed."""
    schedule = Schedule()
    server = start(queues=Scheduled(schedule))
    ana, bob = connect(server), connect(server)
    wait_for_clients(server, 2)
    schedule.plan(["reader-2 puts 2.1", "reader-1 puts 1.1"])
    ana.send("hello")
    wait_for(schedule.waiting)
    schedule.patience = 0.1
    with pytest.raises(StepMissed) as missed:
        schedule.finish()
    assert str(missed.value).startswith("'reader-2 puts 2.1' has not come in 0.1 s. Who stands")
    assert "'reader-1 puts 1.1 on inbound'" in str(missed.value)
    assert bob.receive() == "hello"


STUCK = ["reader-1 puts 1.1", "reader-9 puts", "broker takes"]


@pytest.mark.parametrize("by_hand", [True, False], ids=["by hand", "in a list that is stuck"])
def test_the_server_can_be_closed_while_its_threads_wait_for_their_turn(start, connect, by_hand):
    """No thread must be released first. By hand it closes at once, otherwise when time is up."""
    schedule = Schedule(patience=PATIENCE if by_hand else 0.2)
    server = start(queues=Scheduled(schedule))
    ana = connect(server)
    wait_for_clients(server, 1)
    if by_hand:
        schedule.hold()
        ana.send("hello")
        schedule.allow("reader-1 puts 1.1")
    else:
        schedule.plan(STUCK)
        ana.send("hello")
        wait_for(lambda: "reader-1 puts 1.1 on inbound" in schedule.taken)
    server.shutdown()
    assert ana.receive_close()[0] == 1001
    ana.close()
    server.close()
    assert not server.snapshot().running
    assert "accept puts stopped on inbound" in schedule.taken


def test_the_end_of_a_with_block_lets_everybody_go(start, connect):
    """So does an error in a cell of a notebook, if the block is in it."""
    schedule = Schedule()
    server = start(queues=Scheduled(schedule))
    ana, bob = connect(server), connect(server)
    wait_for_clients(server, 2)
    with schedule:
        schedule.hold()
        ana.send("hello")
        assert schedule.waiting(1) == ["reader-1 puts 1.1 on inbound"]
    assert bob.receive() == "hello"


def test_steps_may_be_written_with_words_left_out():
    full = "broker puts 1.1 2.1 on outbound-2"
    assert all(matches(s, full) for s in (full, "broker", "broker puts outbound-2", "broker 2.1"))
    assert not any(matches(s, full) for s in ("outbound-2", "broker takes", "broker 2.1 1.1"))


def test_a_turn_within_a_turn_is_refused():
    """It would wait for itself, and everybody for it."""
    schedule = Schedule()
    refused = pytest.raises(AssertionError, match="turn within a turn")
    with schedule.turn("ana adds"), refused, schedule.turn("ana adds more"):
        pass
