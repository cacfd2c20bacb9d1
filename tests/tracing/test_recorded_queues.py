"""What a recording sees of one queue, of whatever kind: it may refuse, drop or reorder."""

from __future__ import annotations

import queue

import pytest

from msgproxy import Limits, OutboundQueue, Queues
from msgproxy.events import MessageId, OutgoingBatch
from msgproxy.observers import Observers
from msgproxy.queues import BatchQueue
from msgproxy.tracing.recording import Recording


class DropOldest(BatchQueue):
    """Keeps the two that came last."""

    def _put(self, item):
        super()._put(item)
        if oldest := self._waiting[:-2]:
            self._bytes -= sum(each.size for each in oldest)
            del self._waiting[:-2]
            self._drop(oldest)


class DropNewest(BatchQueue):
    """Keeps the two that came first."""

    def _put(self, item):
        if len(self._waiting) < 2:
            super()._put(item)
        else:
            self._drop([item])


class LastFirst(BatchQueue):
    """Has the last on top."""

    def _put(self, item):
        super()._put(item)
        self._waiting.insert(0, self._waiting.pop())


def outbound(make, **kwargs) -> tuple[Recording, queue.Queue]:
    queues = Queues()
    queues.outbound = lambda *_: make()
    recording = Recording(queues, **kwargs)
    return recording, recording.wrap(recording.outbound(Limits(), 1), "outbound-1")


def message(number: int) -> OutgoingBatch:
    return OutgoingBatch((b"frame",), 100, (MessageId(2, number),))


def steps(recording: Recording) -> list[tuple]:
    return [(hop.act, *map(str, hop.items), hop.depth) for hop in recording.hops()]


def test_what_a_queue_throws_away_is_recorded_as_lost():
    """Whichever it is: one that was there before, or the one that is put."""
    recording, waiting = outbound(DropOldest)
    for number in (1, 2, 3):
        waiting.put(message(number))
    assert waiting.take_all() == [message(2), message(3)]
    assert steps(recording) == [
        ("put", "2.1", 1),
        ("put", "2.2", 2),
        ("put", "2.3", 3),
        ("lost", "2.1", 2),
        ("got", "2.2", "2.3", 0),
    ]
    recording, waiting = outbound(DropNewest)
    for number in (1, 2, 3):
        waiting.put(message(number))
    assert steps(recording) == [("put", "2.1", 1), ("put", "2.2", 2), ("lost", "2.3", 2)]


def test_what_is_put_before_others_is_recorded_as_put():
    """A queue may reorder what it keeps."""
    recording, waiting = outbound(LastFirst)
    waiting.put(message(1))
    waiting.put(message(2))
    waiting.take_all()
    assert steps(recording) == [("put", "2.1", 1), ("put", "2.2", 2), ("got", "2.2", "2.1", 0)]


@pytest.mark.parametrize("make", [lambda: OutboundQueue(150), lambda: BatchQueue(100)])
def test_what_a_queue_refuses_is_recorded_as_full(make):
    """Whether the queue refuses it itself, or its base class does."""
    recording, waiting = outbound(make)
    waiting.put_nowait(message(1))
    with pytest.raises(queue.Full):
        waiting.put_nowait(message(2))
    assert steps(recording) == [("put", "2.1", 1), ("full", "2.2", 1)]


def test_what_is_on_the_queue_when_a_recording_begins_is_not_lost():
    """Only its get is seen, and nothing is made up."""
    recording = Recording(is_on=False)
    waiting = recording.wrap(recording.outbound(Limits(), 1), "outbound-1")
    waiting.put(message(1))
    recording.turn_on()
    waiting.put(message(2))
    waiting.take_all()
    assert steps(recording) == [("put", "2.2", 2), ("got", "2.1", "2.2", 0)]


def test_what_comes_after_the_last_item_is_recorded_as_lost():
    """Also when the recording begins later."""
    recording = Recording(is_on=False)
    waiting = recording.wrap(recording.outbound(Limits(), 1), "outbound-1")
    waiting.put(OutgoingBatch((b"close",), 100, is_last=True))
    recording.turn_on()
    waiting.put(message(1))
    assert steps(recording) == [("lost", "2.1", 1)]


def test_what_a_thread_has_sent_is_noted_once():
    """However often it comes for more, and there is none."""
    recording, waiting = outbound(lambda: OutboundQueue(1000))
    waiting.put(message(1))
    waiting.take_all()
    for _ in range(3):
        with pytest.raises(queue.Empty):
            waiting.take_all(timeout=0.001)
    assert [step[:2] for step in steps(recording)] == [
        ("put", "2.1"),
        ("got", "2.1"),
        ("sent", "2.1"),
    ]


def test_what_a_thread_took_while_nobody_watched_is_not_noted_as_sent():
    """It would be the step of a message that the recording does not know."""
    recording, waiting = outbound(lambda: OutboundQueue(1000))
    waiting.put(message(1))
    waiting.take_all()
    recording.turn_off()
    waiting.put(message(2))
    waiting.take_all()
    recording.turn_on()
    waiting.put(message(3))
    waiting.take_all()
    assert [step[:2] for step in steps(recording)] == [
        ("put", "2.1"),
        ("got", "2.1"),
        ("put", "2.3"),
        ("got", "2.3"),
    ]


def test_it_is_on_as_long_as_one_of_several_wants_it():
    recording, waiting = outbound(lambda: OutboundQueue(1000), is_on=False)
    for number, change in enumerate([recording.turn_on, recording.turn_on, recording.turn_off,
                                     recording.turn_off], start=1):  # fmt: skip
        change()
        waiting.put(message(number))
    assert [step[1] for step in steps(recording)] == ["2.1", "2.2", "2.3"]


def test_only_one_thread_at_a_time_turns_it_on_or_off():
    """Viewers come and go in threads of their own."""

    class Watched(Observers):
        def add(self, observer):
            locked.append(recording._buffer.mutex.locked())
            super().add(observer)

        def remove(self, observer):
            locked.append(recording._buffer.mutex.locked())
            super().remove(observer)

    locked, queues = [], Queues()
    queues.observers = Watched()
    recording = Recording(queues, is_on=False)
    recording.turn_on()
    recording.turn_off()
    assert locked == [True, True]


def test_how_full_a_queue_is_is_read_with_its_lock_held():
    """Otherwise it might be what another thread has made of it meanwhile."""

    class Watched(OutboundQueue):
        def qsize(self):
            locked.append(self.mutex.locked())
            return super().qsize()

    locked = []
    recording, waiting = outbound(lambda: Watched(150))
    waiting.put(message(1))
    with pytest.raises(queue.Full):
        waiting.put(message(2))
    assert [step[0] for step in steps(recording)] == ["put", "full"]
    assert locked == [True, True]


def test_one_hop_that_is_larger_than_the_ring_stays():
    """It throws out all others, but not itself."""
    recording, waiting = outbound(lambda: BatchQueue(0), limit=10)
    for number in range(20):
        waiting.put(message(number))
    waiting.take_all()
    [hop] = recording.latest()
    assert (hop.act, len(hop.items), hop.number) == ("got", 20, 20)


def test_a_ring_drops_no_more_than_it_has_to():
    """A hop counts as one, and so does each item in it."""
    recording, waiting = outbound(lambda: BatchQueue(0), limit=6)
    for number in (1, 2, 3):
        waiting.put(message(number))
    assert [hop.number for hop in recording.latest()] == [0, 1, 2]
    waiting.put(message(4))
    assert [hop.number for hop in recording.latest()] == [1, 2, 3]
    assert [hop.number for hop in recording.latest(since=2)] == [2, 3]
