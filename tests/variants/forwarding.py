"""Messages go to the wrong clients, in the wrong order, or by the wrong thread."""

from __future__ import annotations

import time
from dataclasses import replace

import msgproxy.broker
from msgproxy.broker import Broker
from msgproxy.events import GOING_AWAY, Joined, Left, Outgoing
from msgproxy.protocol import frames
from msgproxy.session import Session
from variants.registry import noticed_by


@noticed_by(
    "proxy/test_forwarding.py::test_a_message_goes_to_every_other_client_and_not_to_its_sender"
)
def sender_gets_its_own_message():
    """Forwarding forgets whom it came from."""
    build = Broker.__init__
    Broker.__init__ = lambda self, inbound, stop, echo: build(self, inbound, stop, not echo)


@noticed_by(
    "proxy/test_forwarding.py::test_who_has_been_welcomed_misses_nothing_that_is_said_from_then_on"
)
def welcome_comes_before_joining():
    """The reader lets the client in itself, and a moment later the broker hears of it."""
    join = Session._join

    def welcome_first(self, welcome):
        self._connection._socket.sendall(welcome)
        time.sleep(0.01)
        join(self, b"")

    Session._join = welcome_first


@noticed_by("proxy/test_forwarding.py::test_a_message_arrives_as_it_was_sent[binary]")
def binary_becomes_text():
    """The frame's type is lost on the way."""
    encode = frames.encode
    msgproxy.broker.encode = lambda m: encode(m if isinstance(m, str) else str(m))


@noticed_by("proxy/test_forwarding.py::test_boundaries_between_messages_are_kept")
def messages_are_merged():
    """What waits together is sent as one message: faster, and wrong."""
    forward = Broker._forward

    def forward_merged(self, received):
        texts = [r.message if isinstance(r.message, str) else r.message.decode() for r in received]
        forward(self, [replace(received[0], message="\n".join(texts))])

    Broker._forward = forward_merged


@noticed_by("proxy/test_forwarding.py::test_all_clients_see_messages_in_one_order")
def each_client_has_its_own_order():
    """Every other client gets a batch the other way round."""
    send = Session.send

    def send_in_any_order(self, outgoing):
        step = -1 if self.number % 2 else 1
        return send(self, replace(outgoing, frames=outgoing.frames[::step]))

    Session.send = send_in_any_order


@noticed_by("proxy/test_forwarding.py::test_all_clients_see_messages_in_one_order")
def readers_forward_themselves():
    """No broker: each reader puts on all outbound queues, in the order it happens to have."""

    def forward_from_here(self, welcome):
        self._writer.put(Outgoing((welcome,), 1))
        self._inbound.put(Joined(self))
        self._start_writer()
        for item in self._connection.receive():
            if isinstance(item, frames.Said):
                made = (frames.encode(item.message),)
                for session in BROKERS[-1].joined:
                    if session is not self:
                        time.sleep(0.0001)  # a thread switch, which else comes rarely
                        session._writer.put(Outgoing(made, item.size))
        self._inbound.put(Left(self, GOING_AWAY))

    Session._join = forward_from_here
    _remember_brokers()


@noticed_by("proxy/test_races.py::test_clients_come_and_go_while_others_talk")
def readers_change_the_set():
    """Joining does not go through the queue: the reader adds itself to the broker's set."""

    def join_from_here(self, welcome):
        self._writer.put(Outgoing((welcome,), 1))
        self._start_writer()
        BROKERS[-1].handle([Joined(self)])
        Session._pass_on(self)
        BROKERS[-1].handle([Left(self, GOING_AWAY)])

    Session._join = join_from_here
    _remember_brokers()


BROKERS: list[Broker] = []


def _remember_brokers() -> None:
    build = Broker.__init__

    def build_and_remember(self, *args):
        build(self, *args)
        BROKERS.append(self)

    Broker.__init__ = build_and_remember
