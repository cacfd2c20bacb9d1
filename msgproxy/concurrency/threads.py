"""What all threads of a server have in common.

Rule: a thread has a name that says what it does, whoever stops it waits for it with a deadline,
and it does not die in silence.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable


class ServerThread(threading.Thread):
    """A thread of a server. It can be told from its caller's."""


def new_thread(target: Callable[[], None], name: str) -> threading.Thread:
    """Return a thread that is not started yet.

    It is a daemon only as a safety net: a program that forgets to stop its server still ends.
    A server that is stopped leaves no thread.
    """
    return ServerThread(target=target, name=name, daemon=True)


def join(thread: threading.Thread, deadline: float) -> bool:
    """Wait for a thread until `deadline` (on the `time.monotonic` clock) at most.

    Return whether it has ended. A thread that was never started counts as ended.
    """
    if thread.is_alive():
        thread.join(max(0.0, deadline - time.monotonic()))
    return not thread.is_alive()


def log_crash(log: logging.Logger, error: Exception) -> None:
    """Log that a bug ends the current thread; with its traceback only at log level debug."""
    log.error("died: %r", error, exc_info=log.isEnabledFor(logging.DEBUG))
