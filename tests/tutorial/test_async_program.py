"""The proxy with tasks, as a program: its length, a wrong port, the check, and the comparison."""

from __future__ import annotations

import contextlib
import importlib
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from clients import PROGRAM_PATIENCE, address_of
from process import without_dev_mode

from msgproxy import OutboundQueue, Queues, Server

pytestmark = [
    pytest.mark.extra("programs of the tutorial"),
    pytest.mark.xdist_group("comparison"),
]

TOP = Path(__file__).parents[2]
TASKS = TOP / "tutorial" / "comparison"

LATE = 0.3
"""Seconds: longer than the comparison waits for silence, so that it greets more than once."""

PONG_PATIENCE = 20
"""Seconds for a pong: the check waits for three times as long until silence is noticed."""


def test_it_is_short() -> None:
    assert len((TASKS / "asyncio_proxy.py").read_text(encoding="utf-8").splitlines()) < 100


def run_as_readers_do(*command: str, timeout: float) -> subprocess.CompletedProcess[str]:
    """Run `python COMMAND`, but not in the development mode of the tests.

    In that mode asyncio is many times slower, and logs what took long.
    """
    return subprocess.run(
        [sys.executable, *command],
        cwd=TOP,
        env=without_dev_mode(),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def test_a_port_that_is_no_port_gets_one_line() -> None:
    program = str(TASKS / "asyncio_proxy.py")
    done = run_as_readers_do(program, "--port", "99999", timeout=PROGRAM_PATIENCE)
    assert done.returncode == 1
    assert re.fullmatch(r"cannot listen: .+\n", done.stderr)


@pytest.mark.timeout(300)
def test_the_check_finds_all_that_step_10_can_do(tmp_path: Path) -> None:
    """With more time for a pong than it gives: a busy machine is no silent client."""
    program = tmp_path / "program.py"
    program.write_text(
        f"import asyncio, sys\n"
        f"sys.path.insert(0, {str(TASKS)!r})\n"
        f"import asyncio_proxy\n"
        f"asyncio_proxy.TIMES['ping_timeout'] = {PONG_PATIENCE}\n"
        f"asyncio.run(asyncio_proxy.main(0))\n"
    )
    command = ["-m", "msgproxy", "check", "--run", str(program)]
    command += ["--until", "closes-cleanly"]
    done = run_as_readers_do(*command, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def comparison() -> str:
    command = [sys.executable, str(TASKS / "compare.py")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_comparison_prints_the_table_that_the_page_shows(comparison) -> None:
    kept = (TASKS / "results.txt").read_text(encoding="utf-8")
    assert shape(comparison) == shape(kept)


class SlowLane(Queues):
    """Makes an outbound queue whose writer gets everything late, for the second client."""

    def outbound(self, limits, number):
        kind = LateQueue if number == 2 else OutboundQueue
        return kind(limits.outbound_limit)


class LateQueue(OutboundQueue):
    def take_all(self, timeout=None):
        everything = super().take_all(timeout)
        time.sleep(LATE)
        return everything


def test_greetings_that_come_late_are_not_taken_for_measured_messages(monkeypatch) -> None:
    monkeypatch.syspath_prepend(TASKS)
    compare = importlib.import_module("compare")
    with (
        Server(port=0, queues=SlowLane()) as server,
        contextlib.closing(compare.Crowd(address_of(server.url)[1], 3)) as crowd,
    ):
        for _ in range(3):
            assert max(crowd.say(1)) >= LATE


def shape(table: str) -> list[str]:
    """Return a table without what differs from run to run: figures, and the machine."""
    lines = re.sub(r"(?<= )[\d.,]+(?=\s)", "#", table).splitlines()[:-1]
    return [re.sub(r"\s+", " ", line) for line in lines]
