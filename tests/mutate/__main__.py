"""Do the tests notice a small fault? This puts some into the core, one at a time, and counts.

    python tests/mutate --count 100 --seed 1
    python tests/mutate --count 20 --only acceptor stop

A mutation changes one place: a comparison, a number, a condition, the order of two statements; or
it drops a call, an assignment, a lock, an `except`. The tests run in a copy of the checkout. A
mutation on which one of them fails, or which makes them hang, is *killed*. For each that *lived*
its difference is printed: either it changes nothing that the server promises, or a test is missing.
The same seed draws the same mutations, as long as the core stays as it is.

(The tools on PyPI change operators, numbers and names. Code with threads goes wrong where a call, a
lock or an `except` is missing, so these mutations are made here.)
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from mutations import ROOT, Finder, Mutation

CORE = {
    "acceptor": "proxy/test_stopping.py proxy/test_failing_queues.py",
    "admission": "protocol/test_refusals.py protocol/test_request_bytes.py",
    "broker": "proxy/test_forwarding.py proxy/test_dying_threads.py proxy/test_stopping.py",
    "connection": "proxy/test_dropping.py proxy/test_leaving.py proxy/test_signs_of_life.py",
    "events": "proxy/test_stopping.py proxy/test_slow_and_fast.py tracing/test_recording.py",
    "limits": "proxy/test_slow_and_fast.py cli/test_command_line.py",
    "listener": "proxy/test_stopping.py cli/test_command_line.py",
    "queues": "proxy/test_queues.py tracing/test_recorded_queues.py",
    "reader": "proxy/test_snapshot.py proxy/test_leaving.py proxy/test_dying_threads.py",
    "server": "proxy/test_stopping.py proxy/test_expectations.py proxy/test_failing_queues.py",
    "session": "proxy/test_forwarding.py proxy/test_leaving.py",
    "snapshot": "proxy/test_snapshot.py tracing/test_trace.py",
    "viewer": "tracing/test_viewers.py",
    "writer": "proxy/test_dropping.py proxy/test_leaving.py proxy/test_dying_threads.py",
    "concurrency/ownership": "proxy/test_ownership.py",
    "concurrency/stop": "proxy/test_stop_signal.py proxy/test_leaving.py",
    "concurrency/threads": "proxy/test_failing_queues.py proxy/test_stopping.py",
    "protocol/frames": "protocol/test_frames.py protocol/test_violations.py",
    "protocol/handshake": "protocol/test_admissions.py protocol/test_refusals.py",
    "protocol/hosts": "protocol/test_admissions.py",
    "protocol/http": "protocol/test_admissions.py protocol/test_request_bytes.py",
    "protocol/keepalive": "protocol/test_keepalive.py proxy/test_signs_of_life.py",
    "tracing/recording": "tracing/test_recording.py tracing/test_recorded_queues.py",
}
"""The modules that are changed, and the tests that notice most of it, so they are tried first."""

FOLDERS = ["proxy", "protocol", "tracing", "schedule"]
"""The folders whose tests run then."""

TOO_SLOW = [
    "proxy/test_load.py",
    "proxy/test_memory.py",
    "proxy/test_races.py",
    "protocol/test_fuzz.py",
    "protocol/test_other_clients.py",
]


class Copy:
    """A copy of the checkout, in which the tests run."""

    def __init__(self, folder: str, deadline: float) -> None:
        self._folder = Path(folder)
        self._deadline = deadline
        for name in ("msgproxy", "tests", "tutorial"):
            ignored = shutil.ignore_patterns("__pycache__", "_build", ".*")
            shutil.copytree(ROOT / name, self._folder / name, ignore=ignored)
        shutil.copy(ROOT / "pyproject.toml", self._folder)

    def killer(self, mutation: Mutation | None) -> str:
        """Return the test that notices a mutation; "" if none does."""
        if mutation is None:
            return self._failing("-n4", *FOLDERS)
        place = self._folder / mutation.path
        place.write_text(mutation.apply(), encoding="utf-8")
        try:
            if killer := self._failing("-n0", *CORE[mutation.module].split()):
                return killer
            killer = self._failing("-n4", *FOLDERS)
            # With all tests at once, one may fail for another reason. Alone, it has to fail again.
            return killer and self._failing("-n0", killer)
        finally:
            shutil.copy(ROOT / mutation.path, place)

    def _failing(self, workers: str, *where: str) -> str:
        """Return the first test that fails; where it is, if the tests hang or cannot begin."""
        options = ["-x", "-q", "-p", "no:cacheprovider", "--timeout=30", "--tb=no", workers]
        options += [f"--ignore=tests/{name}" for name in TOO_SLOW]
        command = [sys.executable, "-X", "dev", "-B", "-m", "pytest", *options]
        with subprocess.Popen(
            [*command, *(f"tests/{one}" for one in where)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self._folder,
            env=os.environ | {"PYTHONPATH": str(self._folder), "TEST_PATIENCE": "8"},
            start_new_session=True,
        ) as process:
            try:
                output, _ = process.communicate(timeout=self._deadline)
            except subprocess.TimeoutExpired:
                return where[0]
            finally:
                with contextlib.suppress(ProcessLookupError):  # with the servers it has started
                    os.killpg(process.pid, signal.SIGKILL)
        assert process.returncode != pytest.ExitCode.NO_TESTS_COLLECTED, where
        if process.returncode == pytest.ExitCode.OK:
            return ""
        failed = re.search(r"^(?:FAILED|ERROR) tests/(.+?)(?: - .*)?$", output, re.MULTILINE)
        return failed[1] if failed else where[0]


def draw(count: int, seed: int, only: Iterable[str]) -> Iterator[Mutation]:
    """Yield `count` mutations, or all if there are fewer."""
    modules = [one for one in CORE if not only or Path(one).name in only]
    everything = [mutation for module in modules for mutation in Finder(module).found]
    print(f"{len(everything)} mutations in {len(modules)} modules; {count} of them, seed {seed}")
    random.Random(seed).shuffle(everything)
    return itertools.islice((one for one in everything if one.is_python()), count)


def count_killed(copy: Copy, mutations: Iterable[Mutation]) -> None:
    """Try all mutations, or those until Ctrl-C, and print what became of each."""
    killed = tried = 0
    with contextlib.suppress(KeyboardInterrupt):
        for mutation in mutations:
            began = time.monotonic()
            killer = copy.killer(mutation)
            tried, killed = tried + 1, killed + bool(killer)
            where, *lines = str(mutation).splitlines()
            verdict = f"killed by {killer}" if killer else "LIVED"
            print(f"{tried}. {where} {verdict} ({time.monotonic() - began:.0f} s)", flush=True)
            if not killer:
                print("\n".join(lines), flush=True)
    print(f"{killed} of {tried} were killed")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=[], metavar="MODULE")
    parser.add_argument("--deadline", type=float, default=120, help="seconds for each run")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        copy = Copy(folder, arguments.deadline)
        if killer := copy.killer(None):
            print(f"without a mutation, this fails already: {killer}", file=sys.stderr)
            return 1
        count_killed(copy, draw(arguments.count, arguments.seed, arguments.only))
    return 0


if __name__ == "__main__":
    sys.exit(main())
