"""`msgproxy chat` on a terminal: what is on the screen, and where the cursor is.

The terminal is a pseudo-terminal of the system, the screen an emulator (pyte): the tests see
what a person would see.
"""

from __future__ import annotations

import contextlib

import pytest
from clients import wait_for, wait_for_clients
from terminal_emulator import CTRL_C, CTRL_D, CTRL_L, HOME, LEFT, UP, Terminal, readline, termios


@pytest.fixture
def terminal(server):
    """The chat of ana, connected to `server`."""
    terminal = Terminal(server.url, "--name", "ana")
    with contextlib.closing(terminal):
        wait_for_clients(server, 1)
        terminal.expect("ana:", cursor=5)
        yield terminal


@pytest.fixture
def bob(terminal, server, connect):  # noqa: ARG001 (the terminal is to be there first)
    client = connect(server)
    wait_for_clients(server, 2)
    return client


def test_it_says_that_it_is_connected_and_how_to_leave(terminal, server):
    """The line is longer than the terminal is wide."""
    rows = terminal.look()[0]
    assert "".join(rows[:-1]) == f"connected to {server.url}; Ctrl-D leaves"


def test_what_is_typed_is_sent_with_the_name_and_stays_on_the_screen(terminal, bob):
    terminal.type("hello\r")
    assert bob.receive() == "ana: hello"
    terminal.expect("ana: hello", "ana:", cursor=5)


def test_a_message_is_shown_above_the_line_being_typed(terminal, bob):
    terminal.type("hello wrld" + LEFT * 3)
    terminal.expect("ana: hello wrld", cursor=12)
    bob.send("bob: hi")
    terminal.expect("bob: hi", "ana: hello wrld", cursor=12)
    terminal.type("o")
    terminal.expect("bob: hi", "ana: hello world", cursor=13)
    terminal.type("\r")
    assert bob.receive() == "ana: hello world"
    terminal.expect("bob: hi", "ana: hello world", "ana:", cursor=5)


def test_a_message_at_the_bottom_of_the_screen_scrolls_what_is_above(terminal, bob):
    terminal.type("typing")
    for number in range(200):
        bob.send(f"bob: {number}")
    terminal.expect(*[f"bob: {number}" for number in range(193, 200)], "ana: typing", cursor=11)


def test_a_long_message_takes_several_rows(terminal, bob):
    terminal.type("typing" + LEFT)
    terminal.expect("ana: typing", cursor=10)
    bob.send("x" * 40 + "y" * 40 + "z")
    terminal.expect("x" * 40, "y" * 40, "z", "ana: typing", cursor=10)


def test_a_message_with_more_rows_than_the_screen_leaves_the_line_alone(terminal, bob):
    terminal.type("typing" + LEFT)
    terminal.expect("ana: typing", cursor=10)
    bob.send("x" * 4000)
    terminal.expect(*["x" * 40] * 7, "ana: typing", cursor=10)


def test_a_slow_terminal_misses_nothing(terminal, bob):
    """The first message is more than a terminal takes before somebody reads what it shows."""
    bob.send("x" * 80_000)
    bob.send("bob: hi")
    wait_for(terminal.has_output, "the terminal to be full")
    terminal.expect("x" * 40, "bob: hi", "ana:", cursor=5)


def test_a_line_being_typed_that_is_longer_than_its_row_stays_in_it(terminal, bob):
    if "libedit" in (readline.__doc__ or ""):
        pytest.skip("libedit has no horizontal scrolling")
    row = ("ana: X" + "0123456789" * 6)[:39] + ">"
    terminal.type("0123456789" * 6 + HOME + "X")
    terminal.expect(row, cursor=6)
    bob.send("bob: hi")
    terminal.expect("bob: hi", row, cursor=6)
    terminal.type("\r")
    assert bob.receive() == "ana: X" + "0123456789" * 6


def test_a_message_cannot_do_anything_to_the_screen(terminal, bob):
    terminal.type("typing")
    terminal.expect("ana: typing", cursor=11)
    bob.send("bob: \x1b[2J\x1b[H\r\nana: fake")
    terminal.expect(r"bob: \x1b[2J\x1b[H\r\nana: fake", "ana: typing", cursor=11)


def test_a_cleared_screen_changes_nothing_for_what_comes_then(terminal, bob):
    terminal.type("first\r")
    terminal.expect("ana: first", "ana:", cursor=5)
    terminal.type("typing" + CTRL_L)
    terminal.expect("ana: typing", cursor=11)
    bob.send("bob: hi")
    terminal.expect("bob: hi", "ana: typing", cursor=11)
    assert terminal.look()[0] == ["bob: hi", "ana: typing"]


def test_a_new_width_holds_for_the_next_message(terminal, bob):
    terminal.type("typing")
    terminal.expect("ana: typing", cursor=11)
    terminal.resize(30, 6)
    bob.send("x" * 31)
    terminal.expect("x" * 30, "x", "ana: typing", cursor=11)


def test_lines_can_be_fetched_back(terminal, bob):
    for line in ("one", "two"):
        terminal.type(line + "\r")
        assert bob.receive() == f"ana: {line}"
        terminal.expect(f"ana: {line}", "ana:", cursor=5)
    terminal.type(UP + UP + "!")
    terminal.expect("ana: one!", cursor=9)


def test_enter_alone_sends_nothing(terminal, bob):
    terminal.type("\r")
    terminal.expect("ana:", "ana:", cursor=5)
    terminal.type("hello\r")
    assert bob.receive() == "ana: hello"


@pytest.mark.parametrize(("key", "status"), [(CTRL_D, 0), (CTRL_C, 130)])
def test_it_can_be_ended_by_a_key_and_sends_a_close_frame(server, terminal, key, status):
    terminal.type(key)
    assert terminal.end() == status
    wait_for_clients(server, 0)
    assert "Traceback" not in "".join(terminal.look()[0])
    assert termios.tcgetattr(terminal.line) == terminal.settings


def test_the_end_of_the_server_ends_it_in_the_middle_of_a_line(server, terminal):
    terminal.type("not yet s")
    terminal.expect("ana: not yet s", cursor=14)
    server.close()
    assert terminal.end() == 1
    terminal.expect(
        "ana: not yet s", "msgproxy: the server is going away: the", "server is stopping", cursor=0
    )
    assert termios.tcgetattr(terminal.line) == terminal.settings
