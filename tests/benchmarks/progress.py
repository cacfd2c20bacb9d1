"""The line that tells how far it is.

Rule: a terminal gets one line that changes, anything else (a file, a pipe) whole lines.
"""

from __future__ import annotations

import shutil
import sys
from typing import TextIO


class Progress:
    """Tells on stderr what is being done; stdout is for the report."""

    def __init__(self, total: int, stream: TextIO = sys.stderr) -> None:
        self._total = total
        self._done = 0
        self._stream = stream

    def begin(self, what: str) -> None:
        """Tell what is measured now."""
        self._done += 1
        line = f"[{self._done}/{self._total}] {what}"
        if self._stream.isatty():
            width = shutil.get_terminal_size().columns - 1
            self._stream.write(f"\r\x1b[K{line[:width]}")
        else:
            self._stream.write(f"{line}\n")
        self._stream.flush()

    def end(self) -> None:
        """Leave no half line behind."""
        if self._stream.isatty():
            self._stream.write("\r\x1b[K")
            self._stream.flush()
