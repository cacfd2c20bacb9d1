"""A line that shows how far the build is, on standard error.

Rule: on a terminal it is one line that changes, and is gone in the end. Elsewhere, such as in the
log of a machine that builds pages, it is a line in the beginning and one for every tenth program.
"""

from __future__ import annotations

import shutil
import sys
import time
from typing import Self

MOST_NAMES = 3


class Progress:
    """`with Progress(68) as progress:` and one `progress.show(...)` for each that has ended."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._began = time.monotonic()
        self._is_terminal = sys.stderr.isatty()

    def __enter__(self) -> Self:
        if self._total:
            self._write(f"Running the {self._total} programs that the pages show.")
        return self

    def __exit__(self, *_: object) -> None:
        if self._total and self._is_terminal:
            self._write("")

    def show(self, running: list[str]) -> None:
        """Say that one more has ended, and which are running now."""
        self._done += 1
        names = ", ".join(short(name) for name in running[:MOST_NAMES])
        more = f" and {len(running) - MOST_NAMES} more" if len(running) > MOST_NAMES else ""
        if self._is_terminal or self._done % 10 == 0 or self._done == self._total:
            seconds = time.monotonic() - self._began
            text = f"Programs: {self._done} of {self._total}, {seconds:.0f} s. {names}{more}"
            self._write(text.rstrip(". "))

    def run_again(self, name: str) -> None:
        """Say that one failed beside the others, and has another try."""
        self._write(f"Once more, alone: {short(name)}")

    def _write(self, text: str) -> None:
        if self._is_terminal:
            width = shutil.get_terminal_size().columns - 1
            sys.stderr.write(f"\r\x1b[K{text[:width]}")
        else:
            sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def short(command: str) -> str:
    """Return the file of a command, without its folder: what tells it from others."""
    files = [word for word in command.split() if word.endswith((".py", ".ipynb"))]
    return files[-1].rpartition("/")[2] if files else command.removeprefix("-m ")
