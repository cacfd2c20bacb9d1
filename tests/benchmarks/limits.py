"""How many files a process may have open; every socket is one.

Rule: what the system does not allow is said before anything runs, and with what helps.
"""

from __future__ import annotations

SPARE = 150
"""Files of a process besides its clients: a guess on the large side. `idle` warms up with some."""


class TooFewFiles(Exception):
    """The system does not allow as many sockets as there have to be clients."""


def allow_open_files(clients: int) -> None:
    """Let this process, and those that it starts, have so many clients."""
    try:
        import resource
    except ImportError:  # Windows, where there is no such limit
        return
    wanted = clients + SPARE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise TooFewFiles(
            f"{clients} clients need {wanted} open files, and the system allows {hard}: "
            f"raise it ('ulimit -Hn'), or take fewer with '--clients {max(1, hard - SPARE)}'"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
