"""The explorer: it finds the schedules that break a shared set, and none that break the broker."""

from __future__ import annotations

from threading import Thread

import pytest
from clients import PATIENCE

from msgproxy.broker import Broker
from msgproxy.events import GOING_AWAY, Joined, Left, MessageId, Received, Stopped
from msgproxy.queues import InboundQueue, OutboundQueue
from msgproxy.schedule.explore import Deadlock, explore, replay
from msgproxy.schedule.schedule import Schedule
from msgproxy.schedule.turns import by_turns


def shared_set(schedule):
    """Two threads add themselves to a set, as if that were one step."""
    members = set()

    def join(name):
        with schedule.turn(f"{name} looks"):
            found = set(members)
        with schedule.turn(f"{name} writes"):
            members.clear()
            members.update(found | {name})

    yield {name: lambda name=name: join(name) for name in ("ana", "bob")}
    assert members == {"ana", "bob"}, f"only {members} joined"


def two_locks(schedule):
    """Two threads that take two locks, each in its own order."""
    taken = {}

    def take_both(name, *locks):
        for lock in locks:
            with schedule.turn(f"{name} takes {lock}", lambda lock=lock: lock not in taken):
                taken[lock] = name
        with schedule.turn(f"{name} returns both"):
            taken.clear()

    yield {"ana": lambda: take_both("ana", "a", "b"), "bob": lambda: take_both("bob", "b", "a")}


class Listener:
    """A client as the broker sees it."""

    def __init__(self, number):
        self.number = number
        self.outbound = OutboundQueue(1 << 20)
        self.received = []
        self.closes = 0

    def look(self):
        """Take what the broker has put."""
        while not self.outbound.empty():
            for batch in self.outbound.take_all():
                self.received += batch.messages
                self.closes += batch.is_last


def one_broker(schedule):
    """Two clients join, one says something, and they leave; the broker's set is its own."""
    inbound = by_turns(InboundQueue(1 << 20), "inbound", schedule)
    broker = Broker(inbound, stop=None, echo=False)
    ana, bob = Listener(1), Listener(2)
    running = {1, 2}

    def take_part(listener, *said):
        inbound.put(Joined(listener))
        for number, message in enumerate(said, 1):
            inbound.put(Received(listener, message, 5, MessageId(listener.number, number)))
        inbound.put(Left(listener, GOING_AWAY))
        running.discard(listener.number)

    def stop():
        with schedule.turn("accept waits for the readers", lambda: not running):
            pass
        inbound.put(Stopped())

    yield {
        "broker": broker.run,
        "reader-1": lambda: take_part(ana, "hello"),
        "reader-2": lambda: take_part(bob),
        "accept": stop,
    }
    ana.look()
    bob.look()
    assert (ana.closes, bob.closes, broker.has_failed) == (1, 1, False)
    joined, said, left = (
        schedule.taken.index(f"{step} on inbound")
        for step in ("reader-2 puts joined", "reader-1 puts 1.1", "reader-2 puts left")
    )
    assert bob.received == ([(1, 1)] if joined < said < left else [])


def test_it_finds_each_schedule_that_breaks_a_shared_set():
    """Of the six orders of two steps of two threads, four lose a member."""
    found = explore(shared_set, seconds=PATIENCE)
    assert (found.tried, found.is_complete) == (6, True)
    assert [failure.steps for failure in found.failures] == [
        ["ana looks", "bob looks", "ana writes", "bob writes"],
        ["ana looks", "bob looks", "bob writes", "ana writes"],
        ["bob looks", "ana looks", "ana writes", "bob writes"],
        ["bob looks", "ana looks", "bob writes", "ana writes"],
    ]


def test_what_it_has_found_can_be_seen_again():
    first = explore(shared_set, seconds=PATIENCE).failures[0]
    for _ in range(3):
        with pytest.raises(AssertionError, match=r"only \{'bob'\} joined"):
            replay(shared_set, first.steps)
    replay(shared_set, ["bob looks", "bob writes", "ana looks", "ana writes"])


def test_it_finds_a_deadlock():
    found = explore(two_locks, seconds=PATIENCE)
    assert found.is_complete
    stuck = [failure.steps for failure in found.failures]
    assert stuck == [["ana takes a", "bob takes b"], ["bob takes b", "ana takes a"]]
    assert all(isinstance(failure.error, Deadlock) for failure in found.failures)
    assert "ana, bob" in str(found.failures[0].error)


def test_no_schedule_breaks_the_broker():
    """These are all: what a client receives depends only on the order on the inbound queue."""
    found = explore(one_broker, seconds=5 * PATIENCE)
    assert found.failures == []
    assert found.is_complete


def test_it_stops_at_its_bounds_and_says_so():
    assert explore(shared_set, at_most=4).tried == 4
    found = explore(shared_set, seconds=0)
    assert (found.tried, found.is_complete) == (1, False)


def test_a_thread_that_dies_is_a_failure():
    def dying(schedule):
        def die():
            with schedule.turn("ana dies"):
                raise ZeroDivisionError("on purpose")

        yield {"ana": die}

    found = explore(dying)
    assert [repr(failure.error) for failure in found.failures] == [
        "ZeroDivisionError('on purpose')"
    ]


def test_by_hand_a_toy_needs_nothing_but_turns():
    """As in a notebook: which steps are waiting, and which one is next."""
    schedule = Schedule(by_hand=True, patience=PATIENCE)
    scene = shared_set(schedule)
    threads = [Thread(target=run, name=name) for name, run in next(scene).items()]
    with schedule:
        for thread in threads:
            thread.start()
        assert schedule.waiting(2) == ["ana looks", "bob looks"]
        schedule.allow("bob looks")
        assert schedule.waiting(2) == ["ana looks", "bob writes"]
    for thread in threads:
        thread.join(PATIENCE)
