"""A Redis server with a password: it is used, may be wrong for a while, and is never shown."""

from __future__ import annotations

import socket

from clients import wait_for
from joined_servers import bridge_of, check_that_locals_talk, lines, wait_until_it_receives


def test_a_password_is_used_and_never_shown(redis_server, pair, caplog):
    """Not in the log, in no `repr`, and not in a snapshot."""
    caplog.set_level("DEBUG")
    redis = redis_server("--requirepass", "s3cret-word")
    here, there, ada, bob = pair(redis.url(password="s3cret-word"))
    ada.send("open sesame")
    assert bob.receive() == "open sesame"
    redis.kill()
    ada.send("for the log")
    wait_for(lambda: lines(caplog, "cannot publish"), "a line in the log")
    shown = [repr(vars(bridge_of(here))), repr(there.snapshot()), *lines(caplog, "")]
    assert "127.0.0.1" in repr(shown)
    assert "s3cret" not in repr(shown)


def test_a_refused_password_is_said_once_and_the_right_one_is_taken_later(
    redis_server, pair, connect, caplog
):
    """The server is told another password while they try."""
    redis = redis_server("--requirepass", "of-old")
    here, there, ada, bob = pair(redis.url(password="s3cret-word"), wait=False)
    check_that_locals_talk(here, connect, ada)
    wait_for(
        lambda: len(lines(caplog, "cannot receive from the other instances")) == 2, "two lines"
    )
    wait_for(lambda: len(lines(caplog, "cannot publish to the other instances")) == 1, "one line")
    assert lines(caplog, "invalid username-password pair")
    assert "s3cret" not in repr(lines(caplog, ""))
    redis.ask("CONFIG", "SET", "requirepass", "s3cret-word", password="of-old")
    wait_until_it_receives(there)
    ada.send("at last")
    while (heard := bob.receive()) != "at last":
        assert heard == "only a word"
    assert len(lines(caplog, "cannot receive from the other instances")) == 2


def test_a_server_that_quotes_what_it_does_not_know_shows_no_password(start, caplog):
    """Something else listens there, and answers with what it was sent."""
    with socket.create_server(("127.0.0.1", 0)) as parrot:
        parrot.settimeout(20)
        port = parrot.getsockname()[1]
        start(bridge=f"redis://:s3cret-word@127.0.0.1:{port}/0?stream=talk")
        connection, _ = parrot.accept()
        with connection:
            said = b""
            while b"s3cret" not in said:
                said += connection.recv(4096)
            connection.sendall(b"-ERR unknown command, beginning with 's3cret-word'\r\n")
            wait_for(lambda: lines(caplog, "unknown command"), "a line in the log")
    assert "s3cret" not in repr(lines(caplog, ""))
