"""A crowd of a thousand, some of whom behave badly; and a stop with all kinds of clients."""

from __future__ import annotations

import os
import random
import signal
import socket

import pytest
from clients import PING, encode_frame, wait_for
from crowd import Crowd
from process import ServeProcess

pytestmark = pytest.mark.xdist_group("heavy")

MIB = 1024 * 1024
CROWD, SENDERS, VANISHING, DEAF, GARBAGE = 1000, 20, 200, 100, 50
ROUNDS = 25


@pytest.fixture(autouse=True, scope="module")
def enough_files():
    """Let this process have a thousand sockets."""
    resource = pytest.importorskip("resource", reason="limits of open files are POSIX")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4096
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.timeout(300)
def test_whoever_behaves_gets_everything_whatever_the_others_do():
    """Every message, in the one order, exactly once; and no thread is left of those who went."""
    options = ["--max-clients", "1100", "--log-level", "warning"]
    with ServeProcess(*options) as server, Crowd() as crowd:
        threads = server.threads()
        everyone = [crowd.join(server.url) for _ in range(CROWD)]
        _wait_until_all_have_joined(crowd, everyone)
        senders, deaf = everyone[:SENDERS], everyone[SENDERS : SENDERS + DEAF]
        leavers = everyone[SENDERS + DEAF : SENDERS + DEAF + VANISHING + GARBAGE]
        good = [m for m in everyone if m not in deaf and m not in leavers]
        for member in deaf:
            crowd.stop_listening(member)
        _talk_while_some_leave(crowd, senders, leavers)
        crowd.listen_until(lambda: all(_has_everything(m, m in senders) for m in good), "it all")
        _check_order(good, senders)
        for member in everyone:
            member.socket.close()
        wait_for(lambda: server.threads() == threads, "the end of two thousand threads", 60)
        assert server.stop() == 0
    assert "died" not in server.log
    assert "Traceback" not in server.log


def _wait_until_all_have_joined(crowd, everyone):
    """The 101 comes before the broker knows of a client; who hears others has surely joined."""
    crowd.listen_until(lambda: all(m.is_open for m in everyone), "all handshakes")
    first, second = everyone[:2]

    def have_all_heard():
        first.say(b"probe")
        second.say(b"probe")
        return all(member.heard for member in everyone)

    crowd.listen_until(have_all_heard, "everyone to have joined")


def _talk_while_some_leave(crowd, senders, leavers):
    chance = random.Random(2026)
    ways = [_vanish] * VANISHING + [_send_garbage] * GARBAGE
    chance.shuffle(ways)
    leaving = list(zip(leavers, ways, strict=True))
    for number in range(ROUNDS):
        for index, sender in enumerate(senders):
            sender.say(b"%d from %d" % (number, index))
        for member, misbehave in leaving[number::ROUNDS]:
            crowd.stop_listening(member)
            misbehave(member, chance)
        crowd.listen(0.02)


def _vanish(member, chance):
    member.vanish(rudely=chance.random() < 0.5)


def _send_garbage(member, chance):
    member.socket.send(chance.randbytes(chance.randint(1, 5000)))
    member.vanish(rudely=False)


def _messages(member) -> list[bytes]:
    return [text for text in member.heard if text != b"probe"]


def _has_everything(member, is_sender) -> bool:
    return len(_messages(member)) == (SENDERS - is_sender) * ROUNDS


def _check_order(good, senders):
    order = _messages(good[-1])
    assert len(set(order)) == len(order) == SENDERS * ROUNDS
    for member in good:
        own = b" from %d" % senders.index(member) if member in senders else b"from nobody"
        assert _messages(member) == [text for text in order if not text.endswith(own)]


@pytest.mark.timeout(200)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_stop_is_over_in_time_whoever_is_there(number):
    """200 clients: some deaf, some who never hang up. One signal, status 0, and no traceback."""
    options = ["--close-timeout", "2", "--ping-timeout", "600", "--log-level", "warning"]
    with ServeProcess(*options) as server, Crowd() as crowd:
        deaf = [crowd.join(server.url) for _ in range(20)]
        talker = crowd.join(server.url)
        crowd.listen_until(lambda: all(m.is_open for m in crowd.members), "the first handshakes")
        for member in deaf:
            crowd.stop_listening(member)
            member.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        _fill_up(talker)
        half_open = [crowd.join(server.url) for _ in range(100)]
        crowd.listen_until(lambda: all(m.is_open for m in half_open), "more handshakes")
        for member in half_open:
            crowd.stop_listening(member)
        polite = [crowd.join(server.url) for _ in range(79)]
        crowd.listen_until(lambda: all(m.is_open for m in polite), "all handshakes")
        assert len(crowd.members) == 200
        # Nothing but the close timeout can end this: the deaf would take the ping timeout.
        assert server.stop(number) == 0
    assert "Traceback" not in server.log
    assert "do not end" not in server.log
    assert "connections were cut" in server.log


def _fill_up(talker):
    """Say so much that whoever does not read has a writer waiting in `sendall`."""
    talker.socket.setblocking(True)
    talker.socket.settimeout(60)
    for _ in range(12):
        talker.socket.sendall(encode_frame(2, os.urandom(16) * (MIB // 16)))
    talker.socket.sendall(encode_frame(PING, b"are you through?"))
    while b"are you through?" not in talker.buffer:
        talker.buffer += talker.socket.recv(4096)
    talker.buffer = b""
    talker.socket.setblocking(False)
