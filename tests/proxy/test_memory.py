"""What a client leaves behind in the memory of the server: nothing.

Rule: count things, not bytes. How much memory a process has depends on the system, on Python, and
on what was there before; how many sessions, threads and sockets there are does not.
"""

from __future__ import annotations

import gc
import socket
import threading
from collections import Counter

import pytest
from clients import RawClient, wait_for, wait_for_clients

pytestmark = pytest.mark.xdist_group("heavy")

FEW, MANY = 300, 1500
"""Visits after which things are counted: the first ones fill what is filled only once."""


def test_the_server_after_many_visits_is_what_it_was_after_a_few(server):
    """As many objects of each class of the package, threads and sockets; and hardly more of all."""
    threads = threading.active_count()
    _visit(server, FEW, threads)
    few, few_in_all = _count(server)
    _visit(server, MANY - FEW, threads)
    many, many_in_all = _count(server)
    assert many == few
    assert few["Session"] == 1, "the class of the package that is looked for has another name"
    assert many_in_all - few_in_all < (MANY - FEW) / 2, "an object of some kind stays of each visit"


def _visit(server, visits: int, threads: int) -> None:
    """Come and go, in three ways by turns; return when the threads of all have ended."""
    ways = (RawClient.close_cleanly, RawClient.close, RawClient.reset)
    for number in range(visits):
        with RawClient(server.url) as client:
            # So the Close frame need not wait until the server has acknowledged the hello.
            client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.send("hello")
            ways[number % len(ways)](client)
    wait_for(lambda: threading.active_count() == threads, "the end of all threads of clients")


def _count(server) -> tuple[Counter[str], int]:
    """Count what there is while one client is there: by class, and all that Python keeps track of.

    When that client has joined, the accepting thread has let go of all that were before it.
    """
    with RawClient(server.url):
        wait_for_clients(server, 1)
        gc.collect()
        everything = gc.get_objects()
        counted = Counter(type(one).__name__ for one in everything if _matters(one))
    wait_for_clients(server, 0)
    return counted, len(everything)


def _matters(one: object) -> bool:
    module = str(type(one).__module__)  # classes made in C may have something else there
    of_package = module.partition(".")[0] == "msgproxy"
    return of_package or isinstance(one, threading.Thread | socket.socket)
