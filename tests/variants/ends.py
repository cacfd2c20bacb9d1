"""Nobody notices that a client, a thread or the server is at its end."""

from __future__ import annotations

import time

from msgproxy.acceptor import Acceptor
from msgproxy.broker import Broker
from msgproxy.connection import Connection
from msgproxy.events import GOING_AWAY, Left
from msgproxy.protocol.frames import ControlFrame
from msgproxy.protocol.keepalive import Keepalive
from msgproxy.queues import InboundQueue
from msgproxy.reader import Reader
from variants.registry import noticed_by


@noticed_by(
    "proxy/test_signs_of_life.py::test_a_pong_never_lands_inside_a_large_frame",
    "a server must not mask",
)
def reader_answers_pings():
    """Two threads send on one socket."""
    receive = Connection.receive

    def receive_and_answer(self, early_bytes):
        for item in receive(self, early_bytes):
            if isinstance(item, ControlFrame):
                self._socket.sendall(item.frame)
            else:
                yield item

    Connection.receive = receive_and_answer


@noticed_by(
    "proxy/test_signs_of_life.py::test_a_dead_peer_is_found_by_its_silence",
    "silent.receive_frame() == (True, PING",
)
def nobody_pings():
    """Readers wait on, for as long as it takes."""
    Keepalive.on_silence = lambda _: []


@noticed_by(
    "proxy/test_signs_of_life.py::test_any_byte_is_a_sign_of_life",
    "EOFError: the server hung up",
)
def only_messages_count_as_life():
    """A client that takes long for a message is taken for dead."""
    Keepalive.on_bytes = lambda _: None


@noticed_by(
    "proxy/test_signs_of_life.py::test_a_ping_that_waits_behind_other_frames_is_not_held_against_it",
    "EOFError: the server hung up",
)
def pings_are_timed_when_they_are_queued():
    """However long a ping waits for its turn, the client has the ping timeout from the start."""
    on_silence = Keepalive.on_silence

    def start_the_clock_at_once(self):
        items = on_silence(self)
        self._sent_at = max(self._sent_at, self.asked_at)
        return items

    Keepalive.on_silence = start_the_clock_at_once


@noticed_by(
    "proxy/test_leaving.py::test_nothing_of_a_client_is_left_after_it_has_gone[is_reset]",
    "wait_for_clients(server, 2)",
)
def reader_ends_in_silence():
    """No `Left` when the connection is lost, so nobody tells the writer."""
    put = InboundQueue._put

    def put_unless_lost(self, item):
        if not (isinstance(item, Left) and item.reason.code == 1006):
            put(self, item)

    InboundQueue._put = put_unless_lost


@noticed_by(
    "proxy/test_leaving.py::test_the_last_client_that_has_gone_is_forgotten_although_no_other_comes",
    "nothing to refer to it",
)
def accepting_thread_sleeps_on():
    """Nobody wakes it when a client has gone. So it keeps the client until another one comes."""
    Acceptor._on_end = lambda self, reader: self._ended.put(reader)


@noticed_by(
    "proxy/test_leaving.py::test_a_client_that_ignores_our_close_frame_is_let_go_all_the_same",
    "the end of its threads",
)
def writer_waits_for_ever():
    """After the Close frame there is no deadline."""
    linger = Connection.linger
    Connection.linger = lambda self, _: linger(self, time.monotonic() + 600)


@noticed_by(
    "proxy/test_stopping.py::test_the_stop_does_not_wait_for_a_client_that_does_not_read",
    '"do not end" not in caplog.text',
)
def nobody_aborts_a_blocked_writer():
    """The stop waits for `sendall`, which waits for the client."""
    Connection.abort = lambda _: None


@noticed_by(
    "proxy/test_stopping.py::test_what_a_reader_still_holds_reaches_clients_whose_readers_have_ended",
    'b"the last word"',
)
def stop_is_a_leaving():
    """Each reader leaves for itself, so the first to end misses what the others still said."""
    read_loop = Reader.read_loop
    Reader.read_loop = lambda self, *args: read_loop(self, *args) or GOING_AWAY


@noticed_by(
    "proxy/test_dying_threads.py::test_a_client_that_joins_while_the_broker_dies_is_told_too",
    "== [1011] * 4",
)
def broker_forgets_what_it_had_taken():
    """What comes after the bug in the same batch is lost, and the joining of a client with it."""
    drain = Broker._drain_after_crash
    Broker._drain_after_crash = lambda self, _: drain(self, [])


@noticed_by(
    "proxy/test_dying_threads.py::test_a_broker_that_dies_stops_the_server_and_says_so",
    "receive_close()[0] == 1011",
)
def broker_dies_in_silence():
    """Its thread just ends."""

    def run_until_it_dies(self):
        try:
            while not self._is_stopped:
                self.handle(self._inbound.take_all())
        except ZeroDivisionError:
            pass

    Broker.run = run_until_it_dies
