"""The stop signal by itself: what a thread sees that waits for a socket as well."""

from __future__ import annotations

import contextlib
import socket
import threading

import pytest
from clients import wait_for

from msgproxy.concurrency.stop import StopSignal, WaitResult, Wakeup, wait_ready


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
    assert signal.wait(one, 0.001) is WaitResult.TIMEOUT
    assert signal.sleep(0.001) is WaitResult.TIMEOUT
    assert signal.wait_to_send(one, None) is WaitResult.READY
    other.send(b"x")
    assert signal.wait(one, None) is WaitResult.READY
    signal.set()
    assert signal.sleep(600) is WaitResult.STOP


def test_the_stop_wins_though_the_socket_is_ready(signal, pair):
    """Otherwise a client that floods would keep its reader from seeing it."""
    one, other = pair
    other.send(b"x")
    signal.set()
    for _ in range(2):  # and it stays set
        assert signal.wait(one, 600) is WaitResult.STOP
        assert signal.wait_to_send(one, 600) is WaitResult.STOP


@pytest.mark.parametrize("timeout", [0, -0.5, -600])
def test_a_deadline_that_is_over_is_no_reason_to_wait(signal, pair, timeout):
    """For poll(), less than nothing would be for ever."""
    assert signal.wait(pair[0], timeout) is WaitResult.TIMEOUT
    assert signal.sleep(timeout) is WaitResult.TIMEOUT


def test_it_may_be_set_any_number_of_times(signal, pair):
    """Nobody takes the bytes, so one day there is no room for more; and `set` never waits."""

    def set_often():
        for _ in range(5000):
            signal.set()

    thread = threading.Thread(target=set_often, daemon=True)
    thread.start()
    wait_for(lambda: not thread.is_alive(), "the last `set`")
    assert signal.wait(pair[0], 600) is WaitResult.STOP


def test_a_wakeup_that_was_cleared_wakes_nobody_until_it_is_set_again():
    with contextlib.closing(Wakeup()) as wakeup:
        for _ in range(2):
            wakeup.set()
            wakeup.set()
            assert wait_ready([wakeup.read_end], [], None) == [wakeup.read_end]
            wakeup.clear()
            assert wait_ready([wakeup.read_end], [], 0) == []


def test_it_may_be_set_after_it_was_closed(signal):
    """A signal handler may come late."""
    signal.close()
    signal.set()
