"""The log of `msgproxy serve`, written by a thread of its own.

Rule: no thread of the server waits for the reader of the log. A terminal that was stopped with
Ctrl-S, or a pipe to a pager, takes nothing more at some point; and a broker that waits there to
log a slow client would be a slow broker.

It is the idea of the server once more: many threads put on a bounded queue, and one takes. A
record that does not fit is dropped and counted. Half of it is in the standard library:
`QueueHandler` puts records on the queue. Its counterpart `QueueListener` is not used, since its
`stop` waits without a deadline until everything is written.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import time
from logging.handlers import QueueHandler

from msgproxy.concurrency import threads

FORMAT = logging.Formatter(
    "%(asctime)s %(levelname)-8s %(threadName)-10s %(message)s", datefmt="%H:%M:%S"
)
"""The names of the threads make the log a picture of the program."""

QUEUE_SIZE = 1000
"""Records that may wait to be written; the next ones are dropped."""

END_TIMEOUT = 1.0
"""Seconds that the end of the program waits for the last lines to be written."""


class Log(QueueHandler):
    """Puts what is logged on a queue, and lets a thread write it to stderr."""

    def __init__(self) -> None:
        self._records: queue.Queue[logging.LogRecord | None] = queue.Queue(QUEUE_SIZE)
        super().__init__(self._records)
        self._dropped = 0
        self._thread = threads.new_thread(self._run, "log")
        self._thread.start()

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """Leave a record as it is. The log thread formats it, so the arguments are immutable."""
        return record

    def enqueue(self, record: logging.LogRecord) -> None:
        """Put a record on the queue, or drop it. `logging` calls this in any thread, one by one."""
        self._put_count()
        if self._dropped or not self._put(record):
            self._dropped += 1

    def finish(self) -> None:
        """Write what is left, if it is read within the end timeout."""
        self._put_count()
        if self._put(None):
            threads.join(self._thread, time.monotonic() + END_TIMEOUT)

    def _put_count(self) -> None:
        """Say how many records were dropped, if there is room for that."""
        if self._dropped and self._put(_dropped(self._dropped)):
            self._dropped = 0

    def _put(self, record: logging.LogRecord | None) -> bool:
        try:
            self._records.put_nowait(record)
        except queue.Full:
            return False
        return True

    def _run(self) -> None:
        """Run the log thread: write to stderr. Only this thread ever waits for that."""
        while (record := self._records.get()) is not None:
            rest = f"{_format(record)}\n".encode(errors="backslashreplace")
            # Not `sys.stderr`: it has a lock. This thread would hold that while it waits here,
            # and the program could not end.
            with contextlib.suppress(OSError):  # nothing can be written any more
                while rest:
                    rest = rest[os.write(2, rest) :]


def start(level: str) -> Log:
    """Let the process log to stderr from now on, at this level or above."""
    log = Log()
    logging.basicConfig(level=level.upper(), handlers=[log])
    return log


def _format(record: logging.LogRecord) -> str:
    try:
        return FORMAT.format(record)
    except Exception as error:  # a bug where it was logged; it must not end the log
        return f"cannot format {record.msg!r}: {error!r}"


def _dropped(count: int) -> logging.LogRecord:
    text = "(%d lines were dropped: they were not read in time)"
    return logging.LogRecord(__name__, logging.WARNING, __file__, 0, text, (count,), None)
