"""What belongs to a thread is refused to all others, under `python -X dev`."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest
from clients import PATIENCE, wait_for_clients
from process import without_dev_mode

from msgproxy.concurrency.ownership import WrongThread, owned_by
from msgproxy.events import Stopped


class Ledger:
    """Two methods for the thread that keeps the books, one for the one that counts the money."""

    @owned_by("keeper")
    def write(self) -> str:
        return "written"

    @owned_by("keeper")
    def strike_out(self) -> str:
        return "struck out"

    @owned_by("counter")
    def count(self) -> str:
        return "counted"


def in_another_thread(call):
    """Return what the call returned there, or the exception that it raised."""
    result = []

    def run():
        try:
            result.append(call())
        except WrongThread as error:
            result.append(error)

    thread = threading.Thread(target=run, name="stranger")
    thread.start()
    thread.join(PATIENCE)
    return result[0]


def test_the_first_thread_that_calls_is_the_owner():
    """For all methods of the object that name the same owner."""
    ledger = Ledger()
    assert in_another_thread(ledger.write) == "written"
    with pytest.raises(
        WrongThread, match="strike_out belongs to the keeper thread, here 'stranger'"
    ):
        ledger.strike_out()
    assert ledger.count() == "counted"
    assert isinstance(in_another_thread(ledger.count), WrongThread)


def test_each_object_has_its_own_owner():
    """Two servers in one process have two brokers."""
    one, other = Ledger(), Ledger()
    assert one.write() == "written"
    assert in_another_thread(other.write) == "written"


def test_the_set_of_sessions_is_refused_to_other_threads(server, connect):
    """The broker of a running server handles what its own thread takes from the queue."""
    connect(server)
    wait_for_clients(server, 1)
    with pytest.raises(WrongThread, match="belongs to the broker thread, here 'broker'"):
        server._broker.handle([Stopped()])
    assert len(server.snapshot().clients) == 1


def test_without_dev_mode_it_costs_nothing():
    """The decorator returns the very function it was given."""
    code = (
        "from msgproxy.concurrency.ownership import owned_by\n"
        "def method(self): pass\n"
        "assert owned_by('anyone')(method) is method\n"
    )
    plain = without_dev_mode()
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, env=plain)
