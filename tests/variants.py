"""Servers that are broken on purpose, each in one way.

A test of concurrency that has never been red proves nothing. So each variant names the test
that has to notice it, and `test_variants.py` runs that test against it. To look at one:

    python -X dev -m pytest --variant reader-answers-pings tests/test_promises.py

Each is applied to the package in a process of its own, and never taken back.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from msgproxy import wire
from msgproxy.broker import Broker
from msgproxy.connection import Connection
from msgproxy.events import GOING_AWAY, Joined, Left, Outgoing
from msgproxy.queues import InboundQueue, OutboundQueue
from msgproxy.session import Session
from msgproxy.stop import StopSignal, Wake
from msgproxy.wire import Control


@dataclass(frozen=True)
class Variant:
    """A way to be wrong, and the test that notices."""

    apply: Callable[[], None]
    noticed_by: str


VARIANTS: dict[str, Variant] = {}


def noticed_by(test: str):
    """Register a variant under the name of its function."""

    def register(apply: Callable[[], None]) -> Callable[[], None]:
        VARIANTS[apply.__name__.replace("_", "-")] = Variant(apply, test)
        return apply

    return register


@noticed_by("test_promises.py::test_a_message_goes_to_every_other_client_and_not_to_its_sender")
def sender_gets_its_own_message():
    """Forwarding forgets whom it came from."""
    build = Broker.__init__
    Broker.__init__ = lambda self, inbound, stop, echo: build(self, inbound, stop, not echo)


@noticed_by("test_promises.py::test_a_message_arrives_as_it_was_sent[binary]")
def binary_becomes_text():
    """The frame's type is lost on the way."""
    encode = wire.encode
    _replace_encode(lambda message: encode(message if isinstance(message, str) else str(message)))


@noticed_by("test_promises.py::test_boundaries_between_messages_are_kept")
def messages_are_merged():
    """What waits together is sent as one message: faster, and wrong."""
    forward = Broker._forward

    def forward_merged(self, received):
        texts = [r.message if isinstance(r.message, str) else r.message.decode() for r in received]
        forward(self, [replace(received[0], message="\n".join(texts))])

    Broker._forward = forward_merged


@noticed_by("test_promises.py::test_all_clients_see_messages_in_one_order")
def each_client_has_its_own_order():
    """Every other client gets a batch the other way round."""
    send = Session.send

    def send_in_any_order(self, outgoing):
        step = -1 if self.number % 2 else 1
        return send(self, replace(outgoing, frames=outgoing.frames[::step]))

    Session.send = send_in_any_order


@noticed_by("test_promises.py::test_all_clients_see_messages_in_one_order")
def readers_forward_themselves():
    """No broker: each reader puts on all outbound queues, in the order it happens to have."""

    def forward_from_here(self):
        self._inbound.put(Joined(self))
        for item in self._connection.receive():
            if isinstance(item, wire.Said):
                frames = (wire.encode(item.message),)
                for session in BROKERS[-1].joined:
                    if session is not self:
                        time.sleep(0.0001)  # a thread switch, which else comes rarely
                        session._put(Outgoing(frames, item.size))
        self._inbound.put(Left(self, GOING_AWAY))

    Session._pass_on = forward_from_here
    _remember_brokers()


@noticed_by("test_races.py::test_clients_come_and_go_while_others_talk")
def readers_change_the_set():
    """Joining does not go through the queue: the reader adds itself to the broker's set."""

    def join_from_here(self):
        BROKERS[-1].handle([Joined(self)])
        Session._pass_on_messages(self)
        BROKERS[-1].handle([Left(self, GOING_AWAY)])

    Session._pass_on = join_from_here
    _remember_brokers()


@noticed_by("test_promises.py::test_a_client_that_does_not_read_delays_nobody_and_is_cut_off")
def broker_waits_for_room():
    """The broker waits until a slow client has room."""
    send = Session.send

    def send_or_wait(self, outgoing):
        while not send(self, outgoing):
            time.sleep(0.01)
        return True

    Session.send = send_or_wait


@noticed_by("test_promises.py::test_a_client_that_does_not_read_delays_nobody_and_is_cut_off")
def outbound_has_no_limit():
    """The memory for who does not read is unbounded."""
    build = OutboundQueue.__init__
    OutboundQueue.__init__ = lambda self, _: build(self, 1 << 60)


@noticed_by("test_promises.py::test_a_client_that_does_not_read_delays_nobody_and_is_cut_off")
def outbound_counts_messages():
    """A thousand messages may wait, of whatever size."""
    put = OutboundQueue._put
    OutboundQueue._put = lambda self, item: put(self, replace(item, size=16 * 1024))


@noticed_by("test_promises.py::test_a_slow_client_is_told_why_when_it_is_cut_off")
def slow_client_is_hung_up_on():
    """Cut off without a word."""
    Session.end = lambda self, _: self.abort()


@noticed_by("test_promises.py::test_a_slow_client_is_told_why_when_it_is_cut_off")
def farewell_needs_room():
    """The end mark is put like everything else; and the queue is full."""
    put = OutboundQueue._put

    def put_if_it_fits(self, item):
        if not (item.is_last and self._bytes > self.limit / 2):
            put(self, item)

    OutboundQueue._put = put_if_it_fits


@noticed_by("test_promises.py::test_a_fast_sender_is_slowed_down_by_tcp")
def inbound_has_no_limit():
    """Readers never wait."""
    build = InboundQueue.__init__
    InboundQueue.__init__ = lambda self, _: build(self, 0)


@noticed_by(
    "test_queues.py::test_a_full_inbound_queue_wakes_all_waiting_readers_when_it_is_emptied"
)
def inbound_wakes_one_reader():
    """`get` makes room for all and tells one."""
    InboundQueue._get = InboundQueue.__base__._get


@noticed_by("test_promises.py::test_a_pong_never_lands_inside_a_large_frame")
def reader_answers_pings():
    """Two threads send on one socket."""
    receive = Connection.receive

    def receive_and_answer(self):
        for item in receive(self):
            if isinstance(item, Control):
                self._socket.sendall(item.frame)
            else:
                yield item

    Connection.receive = receive_and_answer


@noticed_by("test_promises.py::test_a_dead_peer_is_found_by_its_silence")
def nobody_pings():
    """Readers wait for as long as it takes."""
    wait = StopSignal.wait
    StopSignal.wait = lambda self, sock, _: wait(self, sock, None)


@noticed_by("test_promises.py::test_any_byte_is_a_sign_of_life")
def only_messages_count_as_life():
    """A client that takes long for a message is taken for dead."""
    wait = StopSignal.wait

    def wait_as_if_silent(self, sock, timeout):
        woken = wait(self, sock, timeout)
        return Wake.TIMEOUT if woken is Wake.READY and timeout in (0.5, 1.5) else woken

    StopSignal.wait = wait_as_if_silent


@noticed_by("test_promises.py::test_nothing_of_a_client_is_left_after_it_has_gone[is_reset]")
def reader_ends_in_silence():
    """No `Left` when the connection is lost, so nobody tells the writer."""
    put = InboundQueue._put

    def put_unless_lost(self, item):
        if not (isinstance(item, Left) and item.farewell.code == 1006):
            put(self, item)

    InboundQueue._put = put_unless_lost


@noticed_by("test_promises.py::test_a_client_that_ignores_our_goodbye_is_let_go_all_the_same")
def writer_waits_for_ever():
    """After the Close frame there is no deadline."""
    linger = Connection.linger
    Connection.linger = lambda self, _: linger(self, time.monotonic() + 600)


@noticed_by("test_stopping.py::test_the_stop_does_not_wait_for_who_does_not_read")
def nobody_aborts_a_blocked_writer():
    """The stop waits for `sendall`, which waits for the client."""
    Connection.abort = lambda _: None


@noticed_by("test_stopping.py::test_what_a_reader_has_taken_is_forwarded_before_the_goodbye")
def stop_is_a_leaving():
    """Each reader leaves for itself, so the first to end misses what the others still said."""
    run = Session._pass_on_messages

    def stop_as_left(self):
        farewell = run(self)
        return replace(farewell) if farewell is GOING_AWAY else farewell

    Session._pass_on_messages = stop_as_left


@noticed_by("test_stopping.py::test_a_broker_that_dies_stops_the_server_and_says_so")
def broker_dies_in_silence():
    """Its thread just ends."""

    def run_until_it_dies(self):
        try:
            while not self._is_over:
                self.handle(self.inbound.get())
        except ZeroDivisionError:
            pass

    Broker.run = run_until_it_dies


BROKERS: list[Broker] = []


def _remember_brokers() -> None:
    build = Broker.__init__

    def build_and_remember(self, *args):
        build(self, *args)
        BROKERS.append(self)

    Broker.__init__ = build_and_remember


def _replace_encode(encode) -> None:
    import msgproxy.broker

    msgproxy.broker.encode = encode
