"""Messages go to the wrong clients, in the wrong order, or by the wrong thread."""

from __future__ import annotations

from dataclasses import replace

import msgproxy.broker
from msgproxy.broker import Broker
from msgproxy.events import GOING_AWAY, Joined, Left, MessageId, OutgoingBatch
from msgproxy.protocol import frames
from msgproxy.queues import OutboundQueue
from msgproxy.reader import Reader
from msgproxy.session import Session
from variants.registry import noticed_by


@noticed_by(
    "proxy/test_forwarding.py::test_a_message_goes_to_every_other_client_and_not_to_its_sender",
    '== ["from bob"] * 2',
)
def sender_gets_its_own_message():
    """Forwarding forgets whom it came from."""
    build = Broker.__init__
    Broker.__init__ = lambda self, *args, echo: build(self, *args, echo=not echo)


@noticed_by(
    "schedule/test_schedules.py::test_nobody_is_welcomed_before_it_has_joined",
    "select.select([bob]",
)
def welcome_comes_before_joining():
    """The reader accepts the client itself, and the broker learns about it a moment later."""
    join = Session.join

    def welcome_first(self, welcome):
        self._connection._socket.sendall(welcome)
        join(self, b"")

    Session.join = welcome_first


@noticed_by(
    "proxy/test_forwarding.py::test_a_message_arrives_as_it_was_sent[binary]",
    "b'binary'",
)
def binary_becomes_text():
    """The frame's type is lost on the way."""
    encode = frames.encode
    msgproxy.broker.encode = lambda m: encode(m if isinstance(m, str) else str(m))


@noticed_by(
    "proxy/test_forwarding.py::test_boundaries_between_messages_are_kept",
    "assert bob.receive() == message",
)
def messages_are_merged():
    """What waits together is sent as one message: faster, and wrong."""
    forward = Broker._forward

    def forward_merged(self, received):
        texts = [r.message if isinstance(r.message, str) else r.message.decode() for r in received]
        forward(self, [replace(received[0], message="\n".join(texts))])

    Broker._forward = forward_merged


@noticed_by(
    "schedule/test_schedules.py::test_messages_that_wait_together_are_sent_in_their_order",
    "assert heard ==",
)
def each_client_has_its_own_order():
    """Every other client gets a batch the other way round."""
    put = OutboundQueue._put

    def put_in_any_order(self, item):
        step = -1 if self.name.endswith(("1", "3")) else 1
        put(self, replace(item, frames=item.frames[::step]))

    OutboundQueue._put = put_in_any_order


@noticed_by(
    "schedule/test_schedules.py::test_a_message_is_with_everyone_before_the_next_is_with_anyone",
    "assert heard ==",
)
def readers_forward_themselves():
    """No broker: each reader puts on all outbound queues, in the order it happens to have."""

    def forward_from_here(self, session, early_bytes):
        number = 0
        for item in self._connection.receive(early_bytes):
            if isinstance(item, frames.ReceivedMessage):
                number += 1
                frame, name = frames.encode(item.message), MessageId(session.number, number)
                for other in BROKERS[-1].joined:
                    if other is not session:
                        other.outbound.put(OutgoingBatch((frame,), item.size + 1, (name,)))
        return GOING_AWAY

    Reader.read_loop = forward_from_here
    remember_brokers()


@noticed_by(
    "proxy/test_races.py::test_clients_come_and_go_while_others_talk",
    "WrongThread",
)
def readers_change_the_set():
    """Joining does not go through the queue: the reader adds itself to the broker's set."""

    def join_from_here(self, welcome):
        self.outbound.put(OutgoingBatch((welcome,), 1))
        self.writer.start()
        BROKERS[-1].handle([Joined(self)])

    Session.join = join_from_here
    Session.leave = lambda self, _: BROKERS[-1].handle([Left(self, GOING_AWAY)])
    remember_brokers()


BROKERS: list[Broker] = []


def remember_brokers() -> None:
    build = Broker.__init__

    def build_and_remember(self, *args, **kwargs):
        build(self, *args, **kwargs)
        BROKERS.append(self)

    Broker.__init__ = build_and_remember
