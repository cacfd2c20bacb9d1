"""Ctrl-C does not end a program while a thread that is not a daemon waits for ever.

Ctrl-C interrupts the main thread only. Python then waits for all threads that are not daemons, for
as long as that takes. A daemon thread is dropped instead, in the middle of whatever it does. So a
good program ends its threads itself, and a daemon is only a safety net.

Symptom: My Ctrl-C does nothing.
Chapters: 10-stopping
"""

import signal
import subprocess
import sys
from typing import NamedTuple

DEADLINE = 20.0  # seconds
MOMENT = 1.0  # seconds
PROGRAM = """
import queue, signal, threading
signal.signal(signal.SIGINT, signal.default_int_handler)  # as in a terminal, wherever this runs
threading.Thread(target=queue.Queue().get, daemon={daemon}).start()
try:
    print("ready", flush=True)
    threading.Event().wait()
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


class Outcome(NamedTuple):
    """Whether the program ended after Ctrl-C, by what its thread was."""

    daemon: bool
    no_daemon: bool


def ends(daemon: bool, patience: float) -> bool:
    command = [sys.executable, "-c", PROGRAM.format(daemon=daemon)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            process.stdout.readline()  # ready
            process.send_signal(signal.SIGINT)
            process.stdout.readline()  # interrupted: the main thread is over
            process.wait(patience)
        except subprocess.TimeoutExpired:
            return False
        finally:
            process.kill()
    return True


def demonstrate() -> Outcome:
    return Outcome(ends(daemon=True, patience=DEADLINE), ends(daemon=False, patience=MOMENT))


def main() -> None:
    daemon, no_daemon = demonstrate()
    print("Ctrl-C, and a thread is waiting for a queue on which nobody will put.")
    print(f"The thread is a daemon:    the program {'ends' if daemon else 'goes on'}.")
    print(f"The thread is no daemon:   the program {'ends' if no_daemon else 'does not end'}.")


if __name__ == "__main__":
    main()
