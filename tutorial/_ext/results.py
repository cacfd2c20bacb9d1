"""What programs printed: each runs once, several side by side, and its output is kept.

    results = results_of(TOP)
    results.start([Program(("tutorial/pitfalls/nagle.py",)), Program(("-m", "msgproxy", "--help"))])
    text = results.output(Program(("tutorial/pitfalls/nagle.py",)))

`start` is an aid: `output` runs what is not there yet. Both are for one thread of a process, and
several processes may share the folder.

Rule: no listing can lie. An output is kept under a hash of all that it came from: the command, the
Python, the libraries, and the content of every file that the program can import. If one of them
changes, the program runs again.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from dependencies import Dependencies
from progress import Progress

FOLDER = "tutorial/_build/results"
"""Where outputs are kept, from the top of the checkout. After deleting it one only has to wait."""

PATIENCE = 120
"""Seconds that a program may take, unless the page says otherwise. Most take two or three."""

AT_ONCE = 3 * (os.cpu_count() or 1)
"""Programs that run side by side. Most of them wait for something most of the time."""

LIBRARIES = ("h11", "ipykernel", "matplotlib", "simple-websocket", "websockets", "wsproto")
"""What else a program runs on; with another version it may print something else."""


class ProgramFailed(Exception):
    """A program ended in another way than it should, or not in time. The text says how."""


@dataclass(frozen=True)
class Program:
    """A command behind `python`, run at the top of the checkout, and how it should end."""

    command: tuple[str, ...]
    status: int = 0
    timeout: float = PATIENCE

    def __str__(self) -> str:
        return shlex.join(self.command)


class Results:
    """The outputs of programs of one checkout."""

    def __init__(self, top: str) -> None:
        self._top = Path(top)
        self._folder = self._top / FOLDER
        self._dependencies = Dependencies(self._top)
        self._known: dict[str, str | ProgramFailed] = {}

    def start(self, programs: Iterable[Program]) -> None:
        """Run those whose output is not known, side by side, and show how far that is.

        Some programs have deadlines of their own, or measure: one that fails beside others gets a
        second try alone. If that fails too, it is raised where the output is wanted.
        """
        missing = {self._key(one): one for one in programs}
        missing = {key: one for key, one in missing.items() if not self._is_known(key)}
        with Progress(len(missing)) as progress:
            self._run_side_by_side(missing, progress)
            for key, program in missing.items():
                if isinstance(self._known[key], ProgramFailed):
                    progress.run_again(str(program))
                    self._run(program, key)

    def _run_side_by_side(self, missing: dict[str, Program], progress: Progress) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            running = {pool.submit(self._run, one, key): one for key, one in missing.items()}
            try:
                for ended in as_completed(running):
                    del running[ended]
                    progress.show([str(one) for future, one in running.items() if future.running()])
            except KeyboardInterrupt:
                pool.shutdown(cancel_futures=True)
                raise

    def output(self, program: Program) -> str:
        """Return what a program printed, errors included; raise ProgramFailed."""
        key = self._key(program)
        if not self._is_known(key):
            self._run(program, key)
        outcome = self._known[key]
        if isinstance(outcome, ProgramFailed):
            raise outcome
        return outcome

    def files(self, program: Program) -> list[Path]:
        """Return all files on which the output depends."""
        return self._dependencies.files(program.command)

    def _key(self, program: Program) -> str:
        key = hashlib.sha256(repr((program.command, program.status, *versions())).encode())
        for file in self.files(program):
            key.update(self._dependencies.hash(file).encode())
        return key.hexdigest()

    def _is_known(self, key: str) -> bool:
        kept = self._folder / key
        if key not in self._known and kept.is_file():
            self._known[key] = kept.read_text(encoding="utf-8")
        return key in self._known

    def _run(self, program: Program, key: str) -> None:
        try:
            self._known[key] = output = run(program, self._top)
        except ProgramFailed as failure:
            self._known[key] = failure
            return
        # Into a folder that cannot be written nothing goes; this build has it all the same.
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            part = self._folder / f"{key}.{os.getpid()}"
            part.write_text(output, encoding="utf-8")
            part.replace(self._folder / key)  # at once: another process may look for it


def results_of(top: Path) -> Results:
    """Return the results of a checkout: one object in a process, so that nothing runs twice."""
    return _results_of(str(top.resolve()))


_results_of = functools.cache(Results)


@functools.cache
def versions() -> tuple[str, ...]:
    """Return what a program runs on, as far as it can make a difference to what it prints."""
    there = {one.name.lower(): one.version for one in metadata.distributions()}
    return sys.version, *(f"{name} {there.get(name)}" for name in LIBRARIES)


def run(program: Program, top: Path) -> str:
    """Run `python COMMAND`; return what it prints, if it ends as it should."""
    with subprocess.Popen(
        [sys.executable, "-u", *program.command],
        cwd=top,
        env=environment(top),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        start_new_session=True,
    ) as process:
        try:
            printed, _ = process.communicate(timeout=program.timeout)
        except subprocess.TimeoutExpired as error:
            end_all_of(process)
            message = f"{program} did not end within {program.timeout} seconds"
            raise ProgramFailed(message) from error
    output = without_places(printed, top)
    if process.returncode != program.status:
        raise ProgramFailed(
            f"{program} ended with status {process.returncode}, not {program.status}, "
            f"and printed:\n{output}"
        )
    return output


def end_all_of(process: subprocess.Popen[str]) -> None:
    """End a program, and the servers that it has started."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def environment(top: Path) -> dict[str, str]:
    """Return the environment of a program: the same, whoever builds, with this `msgproxy`."""
    changing = ("PYTHON", "COLUMNS", "LINES", "FORCE_COLOR", "MSGPROXY")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(changing)}
    paths = [str(top), os.environ.get("PYTHONPATH", "")]
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "PYTHONIOENCODING": "utf-8",
    }


def without_places(output: str, top: Path) -> str:
    """Shorten the paths in tracebacks: where this machine keeps its files teaches nothing."""
    output = output.replace(str(top) + os.sep, "")
    for place in (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix):
        output = output.replace(place, "...")
    return output
