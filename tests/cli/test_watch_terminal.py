"""`msgproxy watch` on a terminal: what is on the screen, and what is left of it."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import subprocess
import time
from pathlib import Path

import pytest
from chat_process import PYTHON
from clients import wait_for
from terminal_emulator import CTRL_C, ON_ITS_TERMINAL, Terminal, pyte, termios

from msgproxy.terminal.full_screen import LEAVE
from msgproxy.tracing.viewers import LiveRecording


class WatchTerminal(Terminal):
    """A terminal in which `msgproxy watch` runs. It keeps what it was sent, as it came."""

    def __init__(self, *arguments: str, columns: int = 100, **environment: str) -> None:
        self.keyboard, self.line = os.openpty()
        self.screen = pyte.Screen(columns, 12)
        self.stream = pyte.ByteStream(self.screen)
        self.resize(columns, 12)
        self.settings = termios.tcgetattr(self.line)
        self.sent = ""
        feed = self.stream.feed
        self.stream.feed = lambda data: (feed(data), self._keep(data))
        self.process = subprocess.Popen(
            (*PYTHON, "-c", ON_ITS_TERMINAL, "watch", *arguments),
            stdin=self.line,
            stdout=self.line,
            stderr=self.line,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm", **environment},
        )

    def _keep(self, data: bytes) -> None:
        self.sent += data.decode()

    def fill(self) -> None:
        """Write as much as the terminal holds; until somebody looks, it takes nothing more."""
        filler = os.open(os.ttyname(self.line), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(filler, bytes(256))
        os.close(filler)

    def shows(self, *patterns: str) -> bool:
        """Return whether each pattern fits a row of the screen."""
        with contextlib.suppress(AssertionError):  # half of an update
            rows = self.look()[0]
            return all(any(re.search(pattern, row) for row in rows) for pattern in patterns)
        return False


@pytest.fixture
def watched(start):
    """A server that can be watched."""
    return start(queues=LiveRecording())


@pytest.fixture
def terminal():
    """Start `msgproxy watch` on a terminal: `terminal(url)`."""
    with contextlib.ExitStack() as terminals:

        def start_one(*arguments: str, **kwargs) -> WatchTerminal:
            return terminals.enter_context(contextlib.closing(WatchTerminal(*arguments, **kwargs)))

        yield start_one


def test_the_table_has_a_row_for_each_client_and_follows_what_happens(watched, connect, terminal):
    screen = terminal(watched.url)
    wait_for(lambda: screen.shows(r": 0 clients,", "^no client has joined"))
    ana, bob = connect(watched), connect(watched)  # 2 and 3: the viewer is counted as well
    wait_for(lambda: screen.shows(r": 2 clients,", r"^ +2  127\.0\.0\.1:\d+ .* quiet", "^ +3  127"))
    ana.send("hello")
    bob.receive()
    wait_for(lambda: screen.shows(r"^ +2  .* 1 +5 .*", r"^ +3  .* 0 +0 +1 +"))
    ana.close()
    wait_for(lambda: screen.shows(r": 1 client,", r"^ +3  .* quiet$") and not screen.shows("gone"))
    assert "gone" in screen.sent  # for a while: a test that had to wait may not have seen it


def test_a_small_terminal_shows_what_matters_most(watched, connect, terminal):
    """The state stays, what is least missed goes; and of twenty clients those that talk."""
    clients = [connect(watched) for _ in range(20)]
    screen = terminal(watched.url, columns=34)
    wait_for(lambda: screen.shows("^and 11 more$"))
    # It counts as talking for a moment only, so it goes on until that is seen.
    wait_for(
        lambda: clients[17].send("hello") or screen.shows("^and 11 more$", r"^ +18 .* talking$")
    )
    assert not screen.shows(r"^ +\d+ +127\.0\.0\.1:")
    screen.resize(100, 30)
    wait_for(lambda: screen.shows(r"^ +1  127.0.0.1:", r"^ +20  127.0.0.1:"))
    assert not screen.shows("more$")


def test_ctrl_c_ends_it_and_leaves_the_last_table_on_the_screen(watched, connect, terminal):
    connect(watched)
    screen = terminal(watched.url)
    wait_for(lambda: screen.shows(": 1 client,"))
    screen.type(CTRL_C)
    assert screen.end() == 130
    screen.look()
    after = screen.sent.partition(LEAVE)[2]
    assert [line.split()[:2] for line in after.splitlines()][1:2] == [["client", "from"]]
    assert "Traceback" not in after
    assert termios.tcgetattr(screen.line) == screen.settings


def test_q_ends_it_and_leaves_the_last_table_on_the_screen(watched, connect, terminal):
    connect(watched)
    screen = terminal(watched.url)
    wait_for(lambda: screen.shows(": 1 client,"))
    screen.type("xq")
    assert screen.end() == 0
    screen.look()
    assert ": 1 client," in screen.sent.partition(LEAVE)[2]
    assert termios.tcgetattr(screen.line) == screen.settings


def test_ctrl_z_while_the_terminal_takes_nothing_stops_it(watched, connect, terminal):
    """And `fg` brings the table back."""
    connect(watched)
    screen = terminal(watched.url)
    wait_for(lambda: screen.shows(": 1 client,"))
    screen.fill()
    time.sleep(1.5)  # some more tables: now it waits, for room for the next one
    os.kill(screen.process.pid, signal.SIGTSTP)

    def is_stopped() -> bool:
        while select.select([screen.keyboard], [], [], 0)[0]:
            os.read(screen.keyboard, 65536)
        return ") T " in Path(f"/proc/{screen.process.pid}/stat").read_text()

    wait_for(is_stopped, "the stop")
    os.kill(screen.process.pid, signal.SIGCONT)
    wait_for(lambda: screen.shows(": 1 client,"))
    screen.type("q")
    assert screen.end() == 0


def test_when_the_server_has_gone_it_says_so_below_the_last_table(watched, connect, terminal):
    ana = connect(watched)
    screen = terminal(watched.url)
    wait_for(lambda: screen.shows(": 1 client,"))
    ana.close()
    watched.close()
    assert screen.end() == 1
    screen.look()
    last = screen.sent.partition(LEAVE)[2].splitlines()[-1]
    assert last == "msgproxy: the server is going away: the server is stopping"


@pytest.mark.parametrize("wants_none", [False, True])
def test_colours_can_be_switched_off(watched, connect, terminal, wants_none):
    connect(watched)
    screen = terminal(watched.url, **({"NO_COLOR": "1"} if wants_none else {}))
    wait_for(lambda: screen.shows(": 1 client,"))
    assert bool(re.search("\x1b\\[[0-9;]*m", screen.sent)) is not wants_none
