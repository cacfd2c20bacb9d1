"""What the commands set for their whole process: scheduling, open files, streams, signals.

Rule: `Server` never does any of this. It runs in notebooks, tests and other programs, whose
process is not its own to change.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
from collections.abc import Callable

log = logging.getLogger(__name__)

SWITCH_INTERVAL = 0.05
"""Seconds after which a thread that waits for the GIL asks the one that has it to let go.

Ten times Python's default. Threads that wait for a queue or a socket let go at once anyway.
"""


def has_gil() -> bool:
    """Return whether only one thread at a time can run Python here."""
    return bool(getattr(sys, "_is_gil_enabled", lambda: True)())


def take_turns_on_one_core() -> None:
    """Let all threads share one core. Call it before the first thread starts: threads inherit it.

    The interpreter has one lock, the GIL: only the thread that holds it runs Python. So a
    thousand writers never run Python at the same time, however many cores there are. What several
    cores do is wake each writer at once, on a core of its own, where it finds the lock taken and
    goes to sleep again. Most of what a message costs is that waking and sleeping. Hence three
    settings, as far as the system has them and allows them:

    one core
        A writer that was woken waits in the core's queue, not for the lock.
    `SCHED_BATCH`
        The woken thread does not push its waker from the core: the broker finishes its round,
        then each writer runs once. The kernel learns that this is no interactive program.
    a longer switch interval
        A thread that does wait for the lock wakes up every 5 ms, only to ask for it. Many such
        threads keep the machine busy with asking.

    The price: a busy program on the same core slows the server down, and a thread that computes
    keeps the others waiting for longer. Without a GIL (free-threaded Python) none of it applies.
    """
    if not has_gil():
        return
    sys.setswitchinterval(SWITCH_INTERVAL)
    if hasattr(os, "sched_setaffinity"):
        with contextlib.suppress(OSError):
            # Of the cores that we may use, the last one: the first serves most interrupts.
            os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    if hasattr(os, "SCHED_BATCH"):
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def allow_open_files(wanted: int) -> None:
    """Raise the process's limit of open files to this number, if the system allows it.

    Many systems start a process with a limit of 1024 files, and raise it for those that ask.
    """
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource  # Windows has neither this module nor such a limit

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        unlimited = resource.RLIM_INFINITY
        if soft != unlimited and soft < wanted:
            allowed = wanted if hard == unlimited else min(wanted, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        if soft != unlimited and hard != unlimited and hard < wanted:
            log.warning(
                "the system allows %d open files, too few for --max-clients; see 'ulimit -n'", hard
            )


def open_standard_streams() -> None:
    """Open stdin, stdout and stderr on the null device if they are closed.

    Otherwise the next socket would get the number of one of them, and receive the log, say.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)
            assert opened == number, "the system gives the lowest free number"
            os.set_inheritable(number, True)
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))


def on_signal(name: str, handler: Callable[[], object] | None) -> None:
    """Call `handler` at a signal such as "SIGTERM"; with None, do again what the system does.

    A signal that was ignored when the program started stays ignored: that is how `nohup` works.
    Does nothing where the system has no such signal.
    """
    number = getattr(signal, name, None)
    if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
        signal.signal(number, (lambda *_: handler()) if handler else signal.SIG_DFL)
