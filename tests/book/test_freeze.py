"""One client of three is suspended while another talks: the recipe of chapters 3, 4, 5 and 8.

Rule: the commands are those of the page, typed into shells as a reader types them. Each chapter
has its own outcome; on a busy machine it comes later, and it is the same.
"""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple

import pages
import pytest
from clients import PATIENCE, wait_for
from shell import CTRL_Z, Shell

pytestmark = [
    pytest.mark.timeout(20 * PATIENCE),
    pytest.mark.skipif(sys.platform == "win32", reason="there is no Ctrl-Z that suspends"),
]

TITLE = "Run: freeze one of three"
LAST = "ann: 1000 xxxxxx"
"""The last line of the flood, as `cut` leaves it."""

LONG = 5 * PATIENCE
"""Seconds for what takes several seconds on a machine that has nothing else to do."""

SENDTO = {"x86_64": "44", "aarch64": "206"}.get(platform.machine(), "unknown")
"""The number of the system call that `send` makes on Linux."""

ROUNDS = 10
"""How often something is said to listeners that may not have joined yet."""


class Room(NamedTuple):
    """Four terminals: Bob is suspended, Cem listens, Ann has said all, Dan has joined after her."""

    server: Shell
    bob: Shell
    cem: Shell
    dan: Shell


def commands(page: str) -> list[str]:
    """Return what the page lets its reader type: for the server, Bob, Cem, Ann and Dan."""
    [box] = [b for b in pages.blocks(pages.TUTORIAL / page) if b.title == TITLE]
    return [line[2:] for line in box.lines if line.startswith("$ ")]


@pytest.fixture
def room(request) -> Iterator[Room]:
    server_command, bob_command, cem_command, flood, dan_command = commands(request.param)
    with ExitStack() as shells:
        server, bob, cem, ann = (shells.enter_context(Shell(pages.TOP)) for _ in range(4))
        server.type(here(f"{server_command} --port 0"))
        server.shows("/\n")
        port = re.findall(r"ready: ws://127\.0\.0\.1:(\d+)/\n", server.read())[-1]
        for shell, command in ((bob, bob_command), (cem, cem_command)):
            shell.type(here(command, port))
        greet_until_heard(ann, here(dan_command, port), bob, cem)
        bob.press(CTRL_Z)
        bob.shows("Stopped")
        ann.type(here(flood, port) + "; echo ann has ended with $?.")
        ann.shows("ann has ended with 0.", LONG)
        ann.type(here(dan_command, port))
        ann.shows("dan: ")
        ann.type("it is me")
        yield Room(server, bob, cem, ann)


def here(command: str, port: str = "8765") -> str:
    """Return a command with this Python, this package and this port."""
    for name, real in (("python ", ""), ("msgproxy ", "-m msgproxy ")):
        command = re.sub(rf"(^|\| ){name}", rf"\g<1>{sys.executable} {real}", command)
    return command.replace("8765", port)


def greet_until_heard(shell: Shell, chat: str, *listeners: Shell) -> None:
    """Say something until all listeners print it: in a pipe, nothing shows that they joined."""
    for number in range(ROUNDS):
        shell.type(f"echo hello | {chat}; echo greeting {number} ended with $?.")
        shell.shows(f"greeting {number} ended with 0.", LONG)
        with suppress(AssertionError):
            wait_for(lambda: all("dan: hello" in one.read() for one in listeners), patience=2)
            return
    raise AssertionError("not all listeners have joined")


def has_all(shell: Shell) -> bool:
    return LAST in shell.read()


def wait_until_forwarded(room: Room) -> None:
    """Wait until Cem has what Dan says, or Dan's thread waits in `send` to Bob, as Ann's does.

    Either shows that Dan has been added. His prompt does not: it comes a moment earlier.
    """
    [server] = room.server.processes("tutorial/steps/")
    wait_for(
        lambda: "dan: it is me" in room.cem.read() or senders(server) == 2,
        "Dan's thread, in the loop that sends",
    )


def senders(process: int) -> int:
    """Count the threads of a process that are in `send`."""
    count = 0
    for task in Path(f"/proc/{process}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
            count += (task / "syscall").read_text().startswith(f"{SENDTO} ")
    return count


@pytest.mark.parametrize("room", ["03-shared.md"], indirect=True)
def test_step_3_loses_the_rest(room: Room) -> None:
    """Cem's messages stop half-way. Dan has changed the set: when Bob is back, the loop dies.

    Unless Dan's message is in the middle of Ann's: then Bob leaves, as the page says.
    """
    assert not has_all(room.cem)
    wait_until_forwarded(room)
    room.bob.type("fg")
    wait_for(lambda: the_loop_died(room) or bob_got_torn_frames(room), "either failure", LONG)
    assert not (the_loop_died(room) and has_all(room.cem))


def the_loop_died(room: Room) -> bool:
    return "RuntimeError: Set changed size during iteration" in room.server.read()


def bob_got_torn_frames(room: Room) -> bool:
    return "msgproxy: the server closed the connection with code 10" in room.bob.read()


@pytest.mark.parametrize("room", ["04-lock.md"], indirect=True)
def test_step_4_keeps_everybody_waiting(room: Room) -> None:
    """Dan gets a prompt, and nobody gets what he says until Bob is back. Nothing is lost."""
    assert not has_all(room.cem)
    with pytest.raises(AssertionError):
        room.cem.shows("dan: it is me", patience=3)
    room.bob.type("fg")
    for shell in (room.bob, room.cem):
        shell.shows(LAST, LONG)
    room.cem.shows("dan: it is me")


@pytest.mark.parametrize("room", ["05-writers.md"], indirect=True)
def test_step_5_delays_nobody_and_keeps_all(room: Room) -> None:
    room.cem.shows(LAST, LONG)
    room.cem.shows("dan: it is me")
    assert not has_all(room.bob)
    room.bob.type("fg")
    room.bob.shows(LAST, LONG)


@pytest.mark.parametrize("room", ["08-bounds.md"], indirect=True)
def test_step_8_cuts_bob_off(room: Room) -> None:
    room.cem.shows(LAST, LONG)
    room.cem.shows("dan: it is me")
    room.bob.type("fg")
    room.bob.shows("msgproxy: the connection to the server is lost", LONG)
    assert not has_all(room.bob)
