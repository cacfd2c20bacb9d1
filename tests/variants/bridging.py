"""Messages go round between instances, get there twice or not at all; or a password gets out.

The modules of the bridge are imported when a variant is chosen: they need a package that the rest
does not need.
"""

from __future__ import annotations

from msgproxy import OutboundQueue, Queues
from variants.registry import noticed_by

HEARD_ONCE = "bridge/test_bridge.py::test_each_message_reaches_everyone_once_and_never_comes_back"


@noticed_by(f"{HEARD_ONCE}[others]")
def instance_hears_itself():
    """What an instance has added to the stream, it takes for that of another one."""
    from msgproxy.bridge.entries import StreamCursor

    build = StreamCursor.__init__
    StreamCursor.__init__ = lambda self, _: build(self, b"nobody")


@noticed_by(f"{HEARD_ONCE}[echo]")
def messages_go_round():
    """With --echo the broker gives the bridge its own back, and it tells the others once more."""
    from msgproxy.bridge.entries import EntryWriter

    build = EntryWriter.__init__
    EntryWriter.__init__ = lambda self, origin, skip_client: build(self, origin, skip_client - 1)


@noticed_by("bridge/test_bridge_away.py::test_what_was_carried_out_and_not_answered_counts_once")
def what_is_added_twice_is_heard_twice():
    """Nobody looks at the numbers."""
    from msgproxy.bridge.entries import StreamCursor

    StreamCursor._gap_before = lambda *_: 0


@noticed_by("bridge/test_bridge_away.py::test_redis_goes_and_comes_back_and_nothing_is_lost")
def writer_tries_once():
    """What could not be told at once is not told."""
    from msgproxy.bridge.stream import Retry

    wait = Retry.wait
    Retry.wait = lambda self, error: wait(self, error) and "publish" not in self._what


@noticed_by(
    "bridge/test_bridge_losses.py::test_who_was_away_for_longer_than_the_stream_is_told_how_many_are_lost"
)
def reader_goes_on_at_the_end():
    """Back from a break, it takes up the place of one who starts, as with Pub/Sub."""
    from msgproxy.bridge.entries import StreamCursor

    def locate(self, last_id, _):
        self.id = last_id

    StreamCursor.locate = locate


@noticed_by(
    "bridge/test_bridge_losses.py::test_a_server_that_lost_its_data_is_read_from_its_new_beginning"
)
def reader_waits_behind_the_end():
    """It asks for what is behind an id that the new stream will have in a thousand years."""
    from msgproxy.bridge.entries import StreamCursor

    def locate(self, last_id, _):
        self.id = self.id or last_id

    StreamCursor.locate = locate


@noticed_by(
    "bridge/test_bridge_losses.py::test_a_queue_that_is_full_drops_the_oldest_and_says_how_many"
)
def bridge_is_cut_off():
    """Its queue is that of a client, so it is full one day."""
    from msgproxy.bridge.bridge import Bridge

    put = Bridge.send

    def send(self, outgoing):
        return self._outbound.qsize() + outgoing.size <= self._outbound.limit and put(
            self, outgoing
        )

    Queues.bridge = lambda _, limits: OutboundQueue(limits.outbound_limit)
    Bridge.send = send


@noticed_by(
    "bridge/test_bridge_ends.py::test_a_stop_does_not_wait_for_a_server_that_is_away[frozen]"
)
def nobody_interrupts_the_bridge():
    """The stop waits for an answer of Redis."""
    from msgproxy.bridge.bridge import Bridge

    Bridge.wake = lambda _: None


@noticed_by("bridge/test_bridge_password.py::test_a_password_is_used_and_never_shown")
def address_is_shown_as_it_was_given():
    """With all that stands in it."""
    from msgproxy.bridge.address import Address

    Address.__str__ = lambda self: f"redis://:{self.password}@{self.host}:{self.port}"


@noticed_by(
    "bridge/test_bridge_password.py::test_a_server_that_quotes_what_it_does_not_know_shows_no_password"
)
def answers_are_logged_as_they_come():
    """Whatever a server says about what it was sent."""
    from msgproxy.bridge import stream

    build = stream.RedisConnection.__init__

    def build_without_secret(self, address, stop):
        build(self, address, stop)
        object.__setattr__(address, "password", None)

    stream.RedisConnection.__init__ = build_without_secret
