"""One step too early, or once too often: seen when the order is exactly the wrong one."""

from __future__ import annotations

from msgproxy.acceptor import Acceptor
from msgproxy.broker import Broker
from msgproxy.events import Joined, Left, Stopped
from msgproxy.protocol.frames import close_batch
from msgproxy.queues import InboundQueue
from variants.registry import noticed_by


def _let_overtake(kind: type) -> None:
    put = InboundQueue._put

    def put_in_front(self, item):
        put(self, item)
        if isinstance(item, kind):
            self._waiting.insert(0, self._waiting.pop())

    InboundQueue._put = put_in_front


@noticed_by(
    "schedule/test_schedules.py::test_a_client_that_joins_between_two_messages_gets_exactly_the_second",
    "'first' == 'second'",
)
def joining_overtakes():
    """A client that joins comes before messages that wait to be forwarded."""
    _let_overtake(Joined)


@noticed_by(
    "schedule/test_schedules.py::test_a_client_that_leaves_gets_what_was_sent_before_and_nothing_else",
    "== (bob_hears, 1000)",
)
def leaving_overtakes():
    """A client that leaves comes before messages that wait to be forwarded."""
    _let_overtake(Left)


@noticed_by(
    "schedule/test_schedules.py::test_the_stop_cannot_come_before_a_client_that_is_joining",
    "== [joined, stopped]",
)
def stop_does_not_wait_for_readers():
    """`Stopped` is put at once, so a reader may come after it."""
    attempt = Acceptor._try

    def put_first(self, call):  # the first call is `on_stopping`
        attempt(self, call)
        self._shared.inbound.put(Stopped())

    Acceptor._try = put_first


@noticed_by(
    "schedule/test_schedules_cut_off.py::test_a_client_cut_off_while_it_leaves_gets_one_close_frame",
    "len(close_frames) == 1",
)
def broker_sends_two_close_frames():
    """The broker does not look whether it has removed a session already."""

    def remove(self, session, reason):
        self._sessions.pop(session, None)
        session.outbound.put(close_batch(reason))

    Broker._remove = remove


@noticed_by(
    "schedule/test_schedules_cut_off.py::test_a_client_that_was_cut_off_is_not_listened_to_any_more",
    '["next"]',
)
def broker_listens_to_anyone():
    """A client that has been cut off joins again when it says something."""
    forward = Broker._forward

    def forward_for_anyone(self, received):
        members = dict(self._sessions)
        self._sessions |= dict.fromkeys(event.session for event in received)
        forward(self, received)
        self._sessions = {one: None for one in self._sessions if one in members}

    Broker._forward = forward_for_anyone


@noticed_by(
    "schedule/test_explore.py::test_no_schedule_breaks_the_broker",
    "found.failures == []",
)
def newest_comes_first():
    """What waits together is handled the other way round."""
    take = InboundQueue._take_all
    InboundQueue._take_all = lambda self: take(self)[::-1]
