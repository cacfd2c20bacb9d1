"""How the operating system and the interpreter let the threads of `msgproxy serve` take turns.

Rule: these are settings of a whole process, so only the command uses them, before it starts its
first thread: threads inherit them. `Server` never does. The process of a notebook or of a test
is not ours to set.

The interpreter has one lock, the GIL: only the thread that holds it runs Python. So a thousand
writers never run at the same time, however many cores there are. What several cores do is wake
each writer at once, on a core of its own, where it finds the lock taken and goes to sleep
again; most of what a message costs is that waking and sleeping. Hence three settings:

one core
    A writer that was woken waits in the core's queue, not for the lock.
`SCHED_BATCH`
    The woken thread does not push its waker from the core: the broker finishes its round, then
    each writer runs once. The kernel is told that this is no interactive program.
a longer switch interval
    A thread that does wait for the lock wakes up every 5 ms, only to ask for it. A crowd of
    them keeps the machine busy with asking.

What it costs: a busy program on the same core slows the server down, and a thread that computes
keeps the others waiting for longer. Without a GIL (free-threaded Python) none of it applies.
"""

from __future__ import annotations

import contextlib
import os
import sys

SWITCH_INTERVAL = 0.05
"""Seconds after which a thread that waits for the GIL asks the one that has it to let go.

Ten times Python's default. Threads that wait for a queue or a socket let go at once anyway.
"""


def has_gil() -> bool:
    """Return whether only one thread at a time can run Python here."""
    return bool(getattr(sys, "_is_gil_enabled", lambda: True)())


def take_turns_on_one_core() -> None:
    """Set all three, as far as the system has them and allows them; the rest stays as it is."""
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
