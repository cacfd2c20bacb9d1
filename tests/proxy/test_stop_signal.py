"""The stop signal by itself: what a thread sees that waits for a socket as well."""

from __future__ import annotations

import contextlib
import socket
import threading

import pytest
from clients import PATIENCE, wait_for

from msgproxy.concurrency.stop import StopSignal, Wakeup


@pytest.fixture
def signal():
    signal = StopSignal()
    yield signal
    signal.close()


@pytest.fixture
def pair():
    """Two connected sockets."""
    one, other = socket.socketpair()
    with one, other:
        yield one, other


def test_a_thread_learns_why_it_goes_on(signal, pair):
    one, other = pair
    assert not signal.wait(one, 0.001)
    assert signal.wait(one, PATIENCE, to_send=True)
    other.send(b"x")
    assert signal.wait(one, PATIENCE)
    with signal.selector(one) as selector:
        assert [key.fileobj for key, _ in selector.select(PATIENCE)] == [one]
    signal.sleep(0.001)
    assert not signal.is_set
    signal.set()
    signal.sleep(600)
    assert signal.is_set


def test_the_stop_wins_though_the_socket_is_ready(signal, pair):
    """Otherwise a client that floods would keep its reader from seeing it."""
    one, other = pair
    other.send(b"x")
    signal.set()
    for _ in range(2):  # and it stays set
        assert not signal.wait(one, 600)
        assert not signal.wait(one, 600, to_send=True)


def test_the_stop_wakes_a_thread_that_waits_and_finds_it_set(signal, pair):
    seen = []

    def wait():
        with signal.selector(pair[0]) as selector:
            selector.select(600)
            seen.append(signal.is_set)

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    signal.set()
    thread.join(PATIENCE)
    assert seen == [True]


@pytest.mark.parametrize("timeout", [0, -0.5, -600])
def test_a_deadline_that_is_over_is_no_reason_to_wait(signal, pair, timeout):
    """For poll(), less than nothing would be for ever."""
    assert not signal.wait(pair[0], timeout)
    signal.sleep(timeout)


def test_it_may_be_set_any_number_of_times(signal, pair):
    """Nobody takes the bytes, so one day there is no room for more; and `set` never waits."""

    def set_often():
        for _ in range(5000):
            signal.set()

    thread = threading.Thread(target=set_often, daemon=True)
    thread.start()
    wait_for(lambda: not thread.is_alive(), "the last `set`")
    assert not signal.wait(pair[0], 600)


def test_a_wakeup_that_was_cleared_wakes_nobody_until_it_is_set_again(signal):
    with contextlib.closing(Wakeup()) as wakeup:
        for _ in range(2):
            wakeup.set()
            wakeup.set()
            assert signal.wait(wakeup.read_end, PATIENCE)
            wakeup.clear()
            assert not signal.wait(wakeup.read_end, 0)


def test_it_may_be_set_after_it_was_closed(signal):
    """A signal handler may come late."""
    signal.close()
    signal.set()
