"""Broken bridges: messages go round, arrive twice or not at all, or a password is shown.

A variant imports what it breaks when it is chosen: the bridge needs a package that nothing else
needs.
"""

from __future__ import annotations

from msgproxy import OutboundQueue
from variants.registry import noticed_by

ONCE = "bridge/test_bridge.py::test_each_message_reaches_everyone_once_and_never_comes_back"
DELETIONS = "bridge/test_bridge_deletions.py"
LOSSES = "bridge/test_bridge_losses.py"
PASSWORD = "bridge/test_bridge_password.py"


@noticed_by(
    f"{ONCE}[others]",
    "assert received ==",
)
def instance_receives_its_own():
    """An instance takes what it has added to the stream for messages of another one."""
    from msgproxy.bridge.entries import StreamCursor

    build = StreamCursor.__init__
    StreamCursor.__init__ = lambda self, _: build(self, b"nobody")


@noticed_by(
    f"{ONCE}[echo]",
    "assert received ==",
)
def messages_go_round():
    """With --echo the broker returns to the bridge what came from it, and it is published again."""
    from msgproxy.bridge.entries import EntryWriter

    build = EntryWriter.__init__
    EntryWriter.__init__ = lambda self, origin, skip_client: build(self, origin, skip_client - 1)


@noticed_by(
    "bridge/test_bridge_away.py::test_what_was_carried_out_and_not_answered_counts_once",
    '== [*map(str, range(10)), "after"]',
)
def what_is_added_twice_is_received_twice():
    """Nothing looks at the numbers."""
    from msgproxy.bridge.entries import StreamCursor

    StreamCursor._gap_before = lambda *_: 0


@noticed_by(
    "bridge/test_bridge_away.py::test_redis_goes_and_comes_back_and_nothing_is_lost",
    "[bob.receive() for _ in range(100)]",
)
def writer_tries_once():
    """Once it has logged that it cannot publish, it gives up."""
    from msgproxy.bridge.stream import Retry

    wait = Retry.wait

    def wait_or_give_up(self, error):
        return wait(self, error) and not (self.is_failing and "publish" in self._what)

    Retry.wait = wait_or_give_up


@noticed_by(
    f"{LOSSES}::test_an_instance_that_was_away_for_longer_than_the_stream_says_how_many_are_lost",
    "int.from_bytes(bob.receive()",
)
def reader_goes_on_at_the_end():
    """After a break it begins at the end of the stream, as with Pub/Sub."""
    from msgproxy.bridge.bridge import Bridge

    receive = Bridge._receive

    def receive_from_the_end(self):
        if not self._receiving.is_open:
            self._cursor.id = b""
        receive(self)

    Bridge._receive = receive_from_the_end


@noticed_by(
    f"{LOSSES}::test_a_server_that_lost_its_data_is_read_from_its_new_beginning",
    'assert bob.receive() == "after"',
)
def reader_waits_after_the_end():
    """It asks for what comes after an id that the new stream will reach in a thousand years."""
    from msgproxy.bridge.entries import StreamCursor

    locate = StreamCursor.locate
    StreamCursor.locate = lambda self, last_id, _: locate(self, last_id, 1 << 62)


@noticed_by(
    f"{DELETIONS}::test_a_server_that_comes_back_with_older_data_repeats_nothing[before-the-start]",
    "'years ago' == 'after'",
)
def reader_begins_again_when_entries_are_missing():
    """It does so whatever the server's clock says, and delivers what was said long ago."""
    from msgproxy.bridge.entries import StreamCursor

    locate = StreamCursor.locate
    StreamCursor.locate = lambda self, last_id, _: locate(self, last_id, 0)


@noticed_by(
    f"{DELETIONS}::test_a_server_that_comes_back_with_older_data_repeats_nothing"
    "[after-the-start-ahead]",
    "'years ago' == 'after'",
)
def reader_begins_again_before_its_own_beginning():
    """It reads entries that were there before it started."""
    from msgproxy.bridge.entries import BEGINNING, StreamCursor

    locate = StreamCursor.locate

    def locate_and_forget(self, last_id, now):
        locate(self, last_id, now)
        self._begin = BEGINNING

    StreamCursor.locate = locate_and_forget


@noticed_by(
    f"{DELETIONS}::test_deleting_the_newest_entries_brings_nothing_back[ahead]",
    "'years ago' == 'after'",
)
def newest_entry_counts_as_newest_id():
    """It asks for the last entry that is left, which may have been deleted."""
    from msgproxy.bridge.stream import RedisConnection

    def last_id(self):
        with self._one_exception():
            last = self._ask("XREVRANGE", self._address.stream, "+", "-", "COUNT", 1)
        return last[0][0] if last else b"0-0"

    RedisConnection.last_id = last_id


@noticed_by(
    f"{LOSSES}::test_losses_of_an_instance_that_has_never_spoken_are_counted_too",
    "lines(caplog, lost)",
)
def first_number_of_an_instance_counts_as_its_beginning():
    """Whatever came before the first entry that was read is no loss."""
    from msgproxy.bridge.entries import Entry

    parse = Entry.parse

    def parse_and_forget(fields):
        entry = parse(fields)
        return entry and entry._replace(since=b"0-0")

    Entry.parse = parse_and_forget


@noticed_by(
    "bridge/test_bridge_stream.py::test_an_instance_that_starts_has_no_history",
    'assert not lines(caplog, "lost")',
)
def history_counts_as_lost():
    """An instance that starts misses what was said before."""
    from msgproxy.bridge.entries import StreamCursor

    locate = StreamCursor.locate

    def locate_and_forget(self, last_id, now):
        locate(self, last_id, now)
        self._known_since = b"0-0"

    StreamCursor.locate = locate_and_forget


@noticed_by(
    f"{LOSSES}::test_a_queue_that_is_full_does_not_count_what_came_over_the_bridge",
    'assert not lines(caplog, "dropped")',
)
def everything_dropped_is_counted():
    """Also what others have said and the broker has returned."""
    from msgproxy.bridge import backlog, bridge

    assert bridge.Bridge.number == backlog.BRIDGE  # that one stays
    backlog.BRIDGE = -1


@noticed_by(
    f"{LOSSES}::test_a_queue_that_is_full_drops_the_oldest_and_says_how_many",
    "cut off client 0",
)
def bridge_is_cut_off():
    """Its queue is that of a client, so one day it is full."""
    from msgproxy.bridge.backlog import DropOldestQueue

    DropOldestQueue._put = OutboundQueue._put


@noticed_by(
    "bridge/test_bridge_ends.py::test_a_stop_does_not_wait_for_a_server_that_is_away[frozen]",
    "began < LONG / 2",
)
def nothing_wakes_the_bridge():
    """The stop waits for an answer of Redis."""
    from msgproxy.bridge.bridge import Bridge

    Bridge.wake = lambda _: None


@noticed_by(
    f"{PASSWORD}::test_a_password_is_used_and_never_shown",
    '"s3cret" not in repr(shown)',
)
def address_is_shown_as_it_was_given():
    """With all that is in it."""
    from msgproxy.bridge.address import Address

    Address.__str__ = lambda self: f"redis://:{self.password}@{self.host}:{self.port}"


@noticed_by(
    f"{PASSWORD}::test_a_server_that_quotes_what_it_does_not_know_shows_no_password",
    '"s3cret" not in repr(lines(caplog',
)
def answers_are_logged_as_they_come():
    """Whatever a server says about what it was sent."""
    from msgproxy.bridge import stream

    build = stream.RedisConnection.__init__

    def build_without_secret(self, address, stop):
        build(self, address, stop)
        object.__setattr__(address, "password", None)

    stream.RedisConnection.__init__ = build_without_secret


@noticed_by(
    "bridge/test_bridge_tls.py::test_a_certificate_of_another_host_is_refused_though_it_is_trusted",
    "certificate is not valid for 'localhost'",
)
def name_in_the_certificate_is_not_compared():
    """As the package redis does by default until its version 6."""
    import redis

    build = redis.SSLConnection.__init__

    def build_carelessly(self, **options):
        build(self, **options | {"ssl_check_hostname": False})

    redis.SSLConnection.__init__ = build_carelessly
