"""The system gives no more files or threads, or too many clients come: the server lives on.

The limits are real ones: that of open files of another process, and a stack so large that the
system starts no thread with it.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import socket
import threading
import time
from collections.abc import Callable

import pytest
from clients import PATIENCE, address_of, count_readers, wait_for, wait_for_clients
from http_client import ask, open_socket, read_answer, request
from process import ServeProcess

from msgproxy import Limits, Queues, Server, ServerFailed

NO_STACK = 1 << 46
"""Bytes of a stack that no system has."""


@pytest.fixture
def no_threads():
    """Let the system start no thread from here on: `no_threads()`, until `no_threads(False)`."""

    def change(is_on=True):
        threading.stack_size(NO_STACK if is_on else 0)

    yield change
    change(False)


def is_waiting(time_used: Callable[[], float]) -> bool:
    """Return whether a thread or process waits, whose processor time `time_used` returns.

    Meanwhile this thread uses the processor, without the GIL: one that never waits gets as much of
    it. (To try again five times a second takes little, but on a busy machine it adds up.)
    """
    began, before, end = time.monotonic(), time_used(), time.thread_time() + 0.25
    while time.thread_time() < end:
        hashlib.sha256(bytes(1 << 20))
    return time_used() - before < 0.1 + 0.02 * (time.monotonic() - began)


# Files.


class Files:
    """How many files a process may open: no more than it has, or as many as before."""

    def __init__(self, pid: int) -> None:
        self._resource = pytest.importorskip("resource", reason="limits of open files are POSIX")
        if not hasattr(self._resource, "prlimit"):
            pytest.skip("this system cannot limit another process")
        self._pid = pid
        self._before = self._limit()

    def _limit(self, *new: tuple[int, int]) -> tuple[int, int]:
        return self._resource.prlimit(self._pid, self._resource.RLIMIT_NOFILE, *new)

    def forbid(self) -> None:
        used = set(map(int, os.listdir(f"/proc/{self._pid}/fd")))
        lowest_free = next(number for number in itertools.count() if number not in used)
        self._limit((lowest_free, self._before[1]))

    def allow(self) -> None:
        self._limit(self._before)


def test_without_files_the_server_waits_and_says_so_once():
    """It does not try all the time, and the client that came is served when there are files."""
    with ServeProcess() as server:
        files, threads = Files(server.process.pid), server.threads()
        for _ in range(2):
            wait_for(lambda: server.threads() == threads, "the end of the last client's threads")
            files.forbid()
            with open_socket(server.url) as client:
                client.sendall(request(server.url))
                assert is_waiting(lambda: time_used(server.process.pid))
                files.allow()
                assert read_answer(client).status == 101
        assert server.stop() == 0
    assert server.log.count("cannot accept clients: ") == 2
    assert "died" not in server.log


def time_used(pid: int) -> float:
    """Return the processor time that a process has used, in seconds."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


# Clients.

has_clocks_of_threads = pytest.mark.skipif(
    not hasattr(time, "pthread_getcpuclockid"), reason="no clock of a thread"
)


def accepts_nobody(server) -> bool:
    """Return whether the accepting thread waits."""
    clock = time.pthread_getcpuclockid(server._thread.ident)
    return is_waiting(lambda: time.clock_gettime(clock))


@has_clocks_of_threads
def test_clients_that_have_gone_keep_nobody_busy(server, connect):
    threads = threading.active_count()
    connect(server).close()
    wait_for(lambda: threading.active_count() == threads, "the end of its threads")
    assert accepts_nobody(server)


@has_clocks_of_threads
def test_clients_beyond_the_limit_are_refused_a_few_at_a_time(start, monkeypatch):
    """Each refusal takes a thread. So further clients wait to be accepted, and cost nothing."""
    monkeypatch.setattr("msgproxy.acceptor.REFUSED_AT_ONCE", 2)
    monkeypatch.setattr("msgproxy.acceptor.RETRY_DELAY", 0.02)
    server = start(limits=Limits(max_clients=1, handshake_timeout=600))
    clients = [open_socket(server.url) for _ in range(4)]
    try:
        wait_for(lambda: count_readers() == 3, "one client, and two that will be refused")
        assert accepts_nobody(server)
        assert count_readers() == 3
        clients.pop(0).close()
        clients[-1].sendall(request(server.url))
        assert read_answer(clients[-1]).status == 101, "those that are refused take no place"
    finally:
        for client in clients:
            client.close()


# Threads.


def is_hung_up_on(server) -> bool:
    """Ask to join; return whether the server closes the connection without a word."""
    with socket.create_connection(address_of(server.url), timeout=PATIENCE) as client:
        client.sendall(request(server.url))
        try:
            return client.recv(1) == b""
        except ConnectionResetError:
            return True


def test_a_client_for_which_there_is_no_reader_is_hung_up_on(start, connect, no_threads, caplog):
    server = start(limits=Limits(max_clients=1))
    no_threads()
    assert is_hung_up_on(server)
    no_threads(False)
    assert "cannot serve a client" in caplog.text
    connect(server)
    wait_for_clients(server, 1)


def test_a_client_for_which_there_is_no_writer_does_not_keep_its_place(start, no_threads, caplog):
    """Its reader had joined for it already."""

    class NoThreadsForWriters(Queues):
        def outbound(self, limits, number):
            no_threads(number == 1)
            return super().outbound(limits, number)

    server = start(limits=Limits(max_clients=1), queues=NoThreadsForWriters())
    assert is_hung_up_on(server)
    no_threads(False)
    wait_for_clients(server, 0)
    wait_for(lambda: ask(server.url, request(server.url)).status == 101, "room for a client")
    [record] = [one for one in caplog.records if one.levelname == "ERROR"]
    assert record.threadName == "reader-1"


def test_a_server_for_which_there_is_no_thread_says_so(no_threads):
    server = Server(port=0)
    no_threads()
    with pytest.raises(ServerFailed, match="cannot start a thread"):
        server.start()
    assert not server.snapshot().running
