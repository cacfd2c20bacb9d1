"""`msgproxy serve` keeps its threads on one core; nothing else does, and one option undoes it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from process import ServeProcess

from msgproxy import Server
from msgproxy.cli.process import has_gil

linux_with_gil = pytest.mark.skipif(
    not (hasattr(os, "SCHED_BATCH") and has_gil()), reason="only Linux has it, only a GIL needs it"
)


@linux_with_gil
def test_the_command_takes_one_core_and_batch_scheduling():
    """For all its threads: they inherit it from the one that set it."""
    with ServeProcess() as server:
        for thread in map(int, os.listdir(f"/proc/{server.process.pid}/task")):
            assert len(os.sched_getaffinity(thread)) == 1
            assert os.sched_getscheduler(thread) == os.SCHED_BATCH


@linux_with_gil
def test_with_default_scheduling_the_command_leaves_all_as_it_is():
    """As it is in this process, from which it is started."""
    with ServeProcess("--scheduling", "default") as server:
        assert os.sched_getaffinity(server.process.pid) == os.sched_getaffinity(0)
        assert os.sched_getscheduler(server.process.pid) == os.sched_getscheduler(0)


def test_a_server_in_a_program_leaves_the_process_alone():
    """The process is not its own."""
    before = process_settings()
    with Server(port=0):
        assert process_settings() == before


def process_settings():
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    policy = os.sched_getscheduler(0) if hasattr(os, "sched_getscheduler") else None
    return sys.getswitchinterval(), cores, policy


def test_the_switch_interval_is_longer():
    """In a process of its own, so that this one's stays."""
    code = (
        "import sys\nfrom msgproxy.cli import process\n"
        "before = sys.getswitchinterval()\nprocess.take_turns_on_one_core()\n"
        "assert not process.has_gil() or sys.getswitchinterval() > before"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
