"""The log of `msgproxy serve`, written by a thread of its own.

Rule: no thread of the server waits for whoever reads the log. A terminal that was stopped with
Ctrl-S, or a pipe to a pager, takes nothing more at some point; and a broker that waits to say
that it has cut somebody off would be cut off itself.

It is the idea of the server once more: many put on a bounded queue, and one takes. What does
not fit is dropped and counted.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import time

from msgproxy.concurrency import threads

FORMAT = "%(asctime)s %(levelname)-8s %(threadName)-10s %(message)s"
"""The names of the threads make the log a picture of the program."""

LONGEST = 1000
"""Lines that wait for being written; the next ones are dropped."""

END_TIMEOUT = 1.0
"""Seconds that the end of the program waits for the last lines to be written."""


class Log(logging.Handler):
    """Takes what is logged, and lets a thread write it to stderr."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logging.Formatter(FORMAT, datefmt="%H:%M:%S"))
        self._lines: queue.Queue[str | None] = queue.Queue(LONGEST)
        self._dropped = 0
        self._thread = threads.new_thread(self._run, "log")
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Put a line on the queue. `logging` calls it, in whatever thread, one at a time."""
        if self._dropped and self._put(f"({self._dropped} lines were dropped: nobody read them)"):
            self._dropped = 0
        if self._dropped or not self._put(self.format(record)):
            self._dropped += 1

    def finish(self) -> None:
        """Write what is left, if somebody reads it within the end timeout."""
        deadline = time.monotonic() + END_TIMEOUT
        if self._put(None):
            threads.join(self._thread, deadline)

    def _put(self, line: str | None) -> bool:
        try:
            self._lines.put_nowait(line)
        except queue.Full:
            return False
        return True

    def _run(self) -> None:
        """Run the log thread: write lines to stderr. This is the only thread that waits for it."""
        while (line := self._lines.get()) is not None:
            rest = f"{line}\n".encode(errors="backslashreplace")
            # Not `sys.stderr`: it has a lock, which this thread would hold when the program ends
            # while it waits here; and then the program could not end.
            with contextlib.suppress(OSError):  # nobody can read it any more
                while rest:
                    rest = rest[os.write(2, rest) :]


def start(level: str) -> Log:
    """Let the process log to stderr from now on, what is of this level or above."""
    log = Log()
    logging.basicConfig(level=level.upper(), handlers=[log])
    return log
