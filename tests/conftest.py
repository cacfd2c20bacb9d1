"""What all tests share: servers on free ports, and the check that they leave nothing behind.

Which tests run, how to mark one that takes long, how they run in parallel: helpers/selection.py.
"""

from __future__ import annotations

import os
import signal
import stat
import sys
import threading

import hypothesis
import pytest
import variants
from chat_process import answer, chat
from clients import RawClient, wait_for
from joined_servers import impatience, join, pair
from redis_server import redis_server

from msgproxy import Limits, Server

pytest_plugins = ["selection", "kept_browsers"]

# Fixtures that are elsewhere.
__all__ = ["answer", "chat", "impatience", "join", "pair", "redis_server"]

# In the background of a shell Ctrl-C is ignored; under `nohup`, the end of the terminal. Both would
# be ignored in all programs that are started here, too, and some are tested to end by them. (They
# inherit no handler; so one that does nothing ignores the signal in this process alone.)
signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda *_: None)

# A busy machine is no bug: an example may take as long as it needs, within the test's timeout.
hypothesis.settings.register_profile("without deadline", deadline=None)
hypothesis.settings.load_profile("without deadline")

# Every process that runs tests has the ownership checks on: the workers get this at their start.
# What Python would check as well, each block of memory, is about C, and costs up to half the speed.
os.environ["PYTHONDEVMODE"] = "1"
os.environ["PYTHONMALLOC"] = "default"


def pytest_addoption(parser) -> None:
    parser.addoption(
        "--variant",
        choices=sorted(variants.VARIANTS),
        help="run the tests against a server that is broken in this way (see tests/variants/)",
    )


def pytest_configure(config) -> None:
    if not (config.option.numprocesses or sys.flags.dev_mode):
        raise pytest.UsageError("without workers, run 'python -X dev -m pytest': it checks owners")
    if name := config.getoption("--variant"):
        variants.VARIANTS[name].apply()


@pytest.fixture(autouse=True)
def nothing_is_left(browser_or_none):  # noqa: ARG001  # it is there before this counts
    """Fail a test that leaves a thread or a socket behind."""
    threads, sockets = set(threading.enumerate()), open_sockets()
    yield
    wait_for(lambda: set(threading.enumerate()) <= threads, "the end of all threads")
    wait_for(lambda: open_sockets() <= sockets, "the close of all sockets")


def open_sockets() -> int:
    """Count this process's sockets, where the system has a list of its files."""
    if not os.path.isdir("/dev/fd"):
        return 0
    return sum(map(is_socket, map(int, os.listdir("/dev/fd"))))


def is_socket(file: int) -> bool:
    try:
        return stat.S_ISSOCK(os.fstat(file).st_mode)
    except OSError:  # the file that listed the files
        return False


PATIENT = Limits(ping_timeout=600)
"""For clients that answer no ping, in a test that may take its time on a busy machine."""


@pytest.fixture
def start():
    """Start servers on free ports: `start(echo=True, limits=Limits(...))`."""
    servers = []

    def start_one(**kwargs) -> Server:
        servers.append(server := Server(port=0, **{"limits": PATIENT, **kwargs}).start())
        # Some tests count threads. The accepting thread starts the broker, a moment later.
        wait_for(lambda: server._acceptor._broker_thread.ident, "the broker's start")
        return server

    yield start_one
    for server in servers:
        server.close()


@pytest.fixture
def server(start) -> Server:
    """A server with nothing special."""
    return start()


@pytest.fixture
def connect():
    """Connect raw clients: `connect(server)`. They vanish at the end of the test."""
    clients = []

    def connect_one(server: Server, **kwargs) -> RawClient:
        clients.append(RawClient(server.url, **kwargs))
        return clients[-1]

    yield connect_one
    for client in clients:
        client.close()
