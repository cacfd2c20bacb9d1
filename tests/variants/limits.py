"""Something is unbounded, bounded in the wrong unit, or waited for by the wrong thread."""

from __future__ import annotations

from dataclasses import replace

import msgproxy.connection
from msgproxy.broker import Broker
from msgproxy.queues import InboundQueue, OutboundQueue
from variants.registry import noticed_by


@noticed_by(
    "proxy/test_slow_and_fast.py::test_a_client_that_does_not_read_delays_nobody_and_is_cut_off",
    "assert bob.receive() == message",
)
def broker_waits_for_room():
    """The broker waits until a slow client has room."""

    put = OutboundQueue.put

    def put_or_wait(self, item, *args, **kwargs):
        with self.not_full:
            self.not_full.wait_for(lambda: self.bytes_waiting + item.size <= self.limit)
        put(self, item, *args, **kwargs)

    OutboundQueue.put = put_or_wait


@noticed_by(
    "proxy/test_slow_and_fast.py::test_a_client_that_does_not_read_delays_nobody_and_is_cut_off",
    "wait_for_clients(server, 2)",
)
def outbound_has_no_limit():
    """The memory for a client that does not read is unbounded."""
    build = OutboundQueue.__init__
    OutboundQueue.__init__ = lambda self, _: build(self, 1 << 60)


@noticed_by(
    "proxy/test_slow_and_fast.py::test_a_client_that_does_not_read_delays_nobody_and_is_cut_off",
    "wait_for_clients(server, 2)",
)
def outbound_counts_messages():
    """A thousand messages may wait, of whatever size."""
    put = OutboundQueue._put
    OutboundQueue._put = lambda self, item: put(self, replace(item, size=16 * 1024))


@noticed_by(
    "proxy/test_slow_and_fast.py::test_a_slow_client_is_told_why_when_it_is_cut_off",
    "EOFError: the server hung up",
)
def slow_client_is_hung_up_on():
    """Cut off without a word."""
    remove = Broker._remove

    def abort_and_remove(self, session, reason):
        session.abort()
        remove(self, session, reason)

    Broker._remove = abort_and_remove


@noticed_by(
    "proxy/test_slow_and_fast.py::test_a_slow_client_is_told_why_when_it_is_cut_off",
    "payload = slow.receive_frame()",
)
def close_frame_needs_room():
    """The end mark needs room as well: behind something that is waiting, it is dropped."""
    put = OutboundQueue._put

    def put_if_it_fits(self, item):
        if not (item.is_last and self._waiting):
            put(self, item)

    OutboundQueue._put = put_if_it_fits


@noticed_by(
    "proxy/test_slow_and_fast.py::test_a_fast_sender_is_slowed_down_by_tcp",
    "its reader to wait for room",
)
def inbound_has_no_limit():
    """Readers never wait."""
    build = InboundQueue.__init__
    InboundQueue.__init__ = lambda self, _: build(self, 0)


@noticed_by(
    "proxy/test_queues.py::test_a_full_inbound_queue_wakes_all_waiting_readers_when_it_is_emptied",
    "what the five have put",
)
def inbound_wakes_one_reader():
    """`take_all` makes room for all and tells one."""
    take = InboundQueue._take_all

    def take_and_tell_one(self):
        self.not_full.notify_all = self.not_full.notify
        return take(self)

    InboundQueue._take_all = take_and_tell_one


@noticed_by(
    "proxy/test_slow_and_fast.py::test_a_client_that_reads_steadily_has_as_much_time_as_it_needs",
    "EOFError: the server hung up",
)
def sends_everything_at_once():
    """However much waits has to be taken within the ping timeout."""
    msgproxy.connection.in_pieces = lambda frames: [b"".join(frames)]
