"""The stream between instances: where one begins to read, how long it gets, what is left out."""

from __future__ import annotations

import pytest
from clients import wait_for, wait_for_clients
from joined_servers import bridge_of, lines, wait_until_it_receives
from redis_server import STREAM

from msgproxy import Limits

KIB = 1024


@pytest.mark.parametrize("is_emptied", [False, True], ids=["kept", "emptied"])
def test_an_instance_that_starts_has_no_history(
    redis_server, join, start, connect, caplog, is_emptied
):
    """It begins where the stream ends. Nothing is lost, though the numbers of messages go on."""
    redis = redis_server()
    (first,) = join(redis, 1)
    ada = connect(first)
    wait_for_clients(first, 2)
    for number in range(10):
        ada.send(f"before {number}")
    wait_for(lambda: bridge_of(first).snapshot().messages_out == 10, "all of it to be told")
    if is_emptied:
        redis.ask("FLUSHALL")
    second = start(bridge=redis.url())
    bob = connect(second)
    wait_for_clients(second, 2)
    wait_until_it_receives(second)
    ada.send("after")
    assert bob.receive() == "after"
    ada.send("later")
    assert bob.receive() == "later"  # so what there was to log about "after" has been logged
    assert not lines(caplog, "lost")


def test_the_stream_has_the_length_that_was_asked_for(redis_server, start, connect):
    """About: Redis throws away whole blocks of 4 KiB. Here each entry is larger than that."""
    redis = redis_server()
    server = start(bridge=redis.url(length=20))
    wait_until_it_receives(server)
    ada = connect(server)
    wait_for_clients(server, 2)
    for _ in range(100):
        ada.send(b"x" * 64 * KIB)
    wait_for(lambda: bridge_of(server).snapshot().messages_out == 100, "all of it to be told")
    assert 20 <= redis.ask("XLEN", STREAM) <= 22


def test_what_is_no_message_or_too_large_is_left_out(redis_server, start, connect, caplog):
    """Somebody else wrote on the stream, or an instance that takes larger messages."""
    redis = redis_server()
    small = Limits(max_message_size=1 * KIB)
    here, there = start(bridge=redis.url()), start(bridge=redis.url(), limits=small)
    ada, bob = connect(here), connect(there)
    for server in (here, there):
        wait_until_it_receives(server)
        wait_for_clients(server, 2)
    redis.ask("XADD", STREAM, "*", "name", "no message of ours")
    redis.ask("XADD", STREAM, "*", "from", "me", "n", "one", "text", "no number")
    redis.ask("XADD", STREAM, "*", "from", "me", "n", "1", "text", b"\xff is no text")
    ada.send("x" * 1025)
    ada.send("y" * 1024)
    assert bob.receive() == "y" * 1024
    wait_for(
        lambda: lines(caplog, "left out 1 that are no messages, or too large"), "a line in the log"
    )
