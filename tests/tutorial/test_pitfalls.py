"""Every warning of the tutorial still holds on the Python and the libraries installed here.

A test that fails has found good news: something no longer goes wrong. Then the text has to say so,
and the message names the chapters.
"""

from __future__ import annotations

import functools
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
from clients import PATIENCE

PROGRAMS = sorted((Path(__file__).parents[2] / "tutorial" / "pitfalls").glob("*.py"))

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="it is said of Linux")
on_posix = pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent otherwise there")


class Demonstrated:
    """What a program has shown, and how to say that it no longer does."""

    def __init__(self, name: str) -> None:
        self.program = importlib.import_module(f"pitfalls.{name}")

    @functools.cached_property
    def outcome(self):
        return self.program.demonstrate()

    def still(self, holds: bool) -> None:
        __tracebackhide__ = True
        claim, chapters = claim_and_chapters(self.program.__doc__)
        assert holds, (
            f"\n{claim}\nThat is no longer so. "
            f"Correct the tutorial's chapters: {', '.join(chapters)}.\nHere: {self.outcome}"
        )


def claim_and_chapters(docstring: str) -> tuple[str, list[str]]:
    claim = docstring.partition("\n")[0]
    [chapters] = re.findall(r"^Chapters: (.+)$", docstring, re.MULTILINE)
    return claim, chapters.split(", ")


@pytest.fixture
def shown(request) -> Demonstrated:
    """What the program showed that the test is named after."""
    return Demonstrated(request.node.originalname.removeprefix("test_"))


def test_torn_frame(shown):
    shown.still(shown.outcome.is_torn)


def test_lost_updates(shown):
    shown.still(shown.outcome.lost_with_call > 0)
    # Without the GIL the bare += may lose as well, and in some run it may be lucky.
    shown.still(shown.outcome.lost_plain == 0 or not shown.outcome.has_gil)


def test_set_changes(shown):
    shown.still("changed size during iteration" in shown.outcome.error)


def test_slow_send(shown):
    shown.still(shown.outcome.until_blocked < shown.program.COUNT)
    shown.still(shown.outcome.in_the_end == shown.program.COUNT)


def test_nagle(shown):
    # A thousand times as long, here. On a machine that is very busy, the quick one is slow too.
    shown.still(shown.outcome.without_nodelay > 3 * shown.outcome.with_nodelay)


@on_linux
def test_close_wakes_nobody(shown):
    shown.still(not shown.outcome.recv_by_close)
    shown.still(not shown.outcome.send_by_close)
    shown.still(shown.outcome.recv_by_shutdown)
    shown.still(shown.outcome.send_by_shutdown)


def test_full_queue_end_mark(shown):
    shown.still(not shown.outcome.mark_fits)
    shown.still(shown.outcome.has_shutdown == (sys.version_info >= (3, 13)))
    shown.still(shown.outcome.woken == (2 if shown.outcome.has_shutdown else 0))


def test_moved_but_touched(shown):
    shown.still(shown.outcome.put == ["hello"])
    shown.still(shown.outcome.got == ["hello", "goodbye"])
    shown.still("cannot assign" in shown.outcome.frozen_error)


def test_late_binding(shown):
    shown.still(shown.outcome.with_lambda == ["Cem", "Cem", "Cem"])
    shown.still(shown.outcome.with_args == ["Ann", "Bob", "Cem"])


def test_silent_thread_death(shown):
    shown.still(not shown.outcome.join_raised)
    shown.still(not shown.outcome.is_alive)
    shown.still(shown.outcome.seen_by_hook == ["writer-3 died of ZeroDivisionError('a bug')"])


def test_half_open(shown):
    shown.still(not shown.outcome.without_pings)
    shown.still(shown.outcome.with_pings)


def test_partial_send(shown):
    size = len(shown.program.MESSAGE)
    shown.still(0 < shown.outcome.sent_by_send < size)
    shown.still("timed out" in shown.outcome.error_of_sendall)
    shown.still(0 < shown.outcome.arrived_from_sendall < size)


def test_two_senders(shown):
    shown.still(shown.outcome.pieces > 2)


def test_unbounded_input(shown):
    shown.still(shown.outcome.waiting_in_library == shown.program.COUNT)
    shown.still(shown.outcome.sent_to_socket < shown.program.COUNT)


def test_max_size_hang(shown):
    shown.still(shown.outcome.hung)


def test_client_keeps_process(shown):
    shown.still(shown.outcome.ends_if_closed)
    shown.still(not shown.outcome.ends_if_left_open)


def test_zero_capacity(shown):
    shown.still(shown.outcome.of_zero == shown.program.MANY)
    shown.still(shown.outcome.of_one == 1)


def test_self_deadlock(shown):
    shown.still(shown.outcome.when_idle)
    shown.still(not shown.outcome.when_busy)


@on_posix
def test_ctrl_c_non_daemon(shown):
    shown.still(shown.outcome.daemon)
    shown.still(not shown.outcome.no_daemon)


def test_first_message_unseen(shown):
    shown.still(shown.outcome.at_first is None)
    shown.still(shown.outcome.later == "welcome")


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_can_be_read_and_run_by_itself(path):
    """It fits on a screen or two, says what it claims, is tested, and says what happened."""
    source = path.read_text()
    claim, chapters = claim_and_chapters(source.partition('"""')[2])
    assert claim.endswith("."), "the first line is one whole sentence"
    assert re.search(r"^Symptom: .+\.$", source, re.MULTILINE), "it can be found by what one sees"
    assert all(re.fullmatch(r"\d\d[a-z]?-[a-z-]+", chapter) for chapter in chapters)
    assert len(source.splitlines()) < 75
    assert f"test_{path.stem}" in globals(), "each program has its test"

    command = [sys.executable, "-X", "dev", "-W", "error", str(path)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=3 * PATIENCE, check=True)
    assert run.stderr == ""
    assert 2 <= len(run.stdout.splitlines()) <= 5
    assert max(map(len, run.stdout.splitlines())) < 100
