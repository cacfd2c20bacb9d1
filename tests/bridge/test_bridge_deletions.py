"""Entries that are deleted or lost on the server: nothing old becomes news, nothing new is missed.

Redis gives ids by its clock, so they grow also over a loss of data. The tests run twice where that
matters: with such ids, and with ids ahead of the clock, as after a clock that was set back.
"""

from __future__ import annotations

import pytest
from clients import wait_for
from joined_servers import impatient, lines
from redis_server import STREAM

AHEAD = "99999999999999-0"
OLD = ("from", "an old instance", "n", "1", "since", "-", "text", "years ago")

both_clocks = pytest.mark.parametrize("newest", ["*", AHEAD], ids=["in-time", "ahead"])


def add_history(redis, newest):
    """Add two entries of long ago, the second with the id `newest`. Return that."""
    redis.ask("XADD", STREAM, "*", *OLD)
    return redis.ask("XADD", STREAM, newest, *OLD)


def wait_for_empty_answers(redis):
    """Wait until all readers have found nothing new, and looked whether it is the same stream."""
    redis.ask("CONFIG", "RESETSTAT")
    wait_for(lambda: _calls(redis, b"xread") >= 6, "the readers to ask again, and again")


def _calls(redis, command: bytes) -> int:
    for line in redis.ask("INFO", "commandstats").splitlines():
        if line.startswith(b"cmdstat_%s:calls=" % command):
            return int(line.partition(b"=")[2].partition(b",")[0])
    return 0


@impatient
@both_clocks
def test_deleting_the_newest_entries_brings_nothing_back(newest, redis_server, pair, caplog):
    """XDEL takes an entry away, and the stream still knows the last id that it gave."""
    redis = redis_server()
    begin = add_history(redis, newest)
    _, _, ada, bob = pair(redis.url())
    ada.send("before")
    assert bob.receive() == "before"
    [(last, _)] = redis.ask("XREVRANGE", STREAM, "+", "-", "COUNT", 1)
    redis.ask("XDEL", STREAM, last, begin)
    wait_for_empty_answers(redis)
    ada.send("after")
    assert bob.receive() == "after"
    assert not lines(caplog, "begun anew")


@impatient
def test_emptying_the_stream_brings_nothing_back_and_loses_nothing(redis_server, pair, caplog):
    """XTRIM keeps the last id as well."""
    redis = redis_server()
    add_history(redis, AHEAD)
    _, _, ada, bob = pair(redis.url())
    ada.send("before")
    assert bob.receive() == "before"
    redis.ask("XTRIM", STREAM, "MAXLEN", 0)
    wait_for_empty_answers(redis)
    ada.send("after")
    assert bob.receive() == "after"
    assert not lines(caplog, "begun anew")


@impatient
@pytest.mark.parametrize(
    ("newest", "is_saved_before"),
    [("*", True), ("*", False), (AHEAD, False)],
    ids=["before-the-start", "after-the-start", "after-the-start-ahead"],
)
def test_a_server_that_comes_back_with_older_data_repeats_nothing(
    newest, is_saved_before, redis_server, pair
):
    """It has lost the last seconds, or the last day. What it still has was said before that."""
    redis = redis_server()
    add_history(redis, newest)
    if is_saved_before:
        redis.ask("SAVE")
        redis.ask("XADD", STREAM, "*", *OLD)
    _, _, ada, bob = pair(redis.url())
    if not is_saved_before:
        redis.ask("SAVE")
    ada.send("before")
    assert bob.receive() == "before"
    redis.kill()
    redis.start()
    wait_for_empty_answers(redis)
    ada.send("after")
    assert bob.receive() == "after"
    bob.send("and back")
    assert ada.receive() == "and back"
