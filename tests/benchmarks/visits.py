"""Clients that come and go: how many a second, and what of them stays in the server.

Rule: a visit is a whole one. Whoever comes is let in, says goodbye, and is hung up on; a visit
that goes otherwise is a failure of the server, and ends the measurement.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator

from crowd import ServerFailed, connect
from outcome import Meter, Outcome, resident_kib
from scenarios import VISITS, Scenario, memory_after
from wire import GOODBYE

SETTLE = 0.3
"""Seconds for a server to become quiet."""


def churn(scenario: Scenario, port: int, server: int, seconds: float) -> Outcome:
    """Count the visits of several clients that come again and again."""
    until = time.perf_counter() + seconds

    def as_long_as_there_is_time(_: int) -> Iterator[None]:
        while time.perf_counter() < until:
            yield

    with Meter(server) as meter:
        visits = visit_in_parallel(port, scenario.clients, as_long_as_there_is_time)
    return meter.outcome({VISITS.name: visits / meter.seconds})


def memory(scenario: Scenario, port: int, server: int, seconds: float) -> Outcome:
    """Look at the memory of the server after many visits, and after many more.

    It should be the same. If it grows with the visits, then something of each one stays.
    """
    figures: dict[str, float] = {}
    done, at_a_time = 0, scenario.clients
    with Meter(server) as meter:
        for wanted in scenario.visits:
            done += visit_in_parallel(port, at_a_time, shares(wanted - done, at_a_time))
            time.sleep(min(seconds, SETTLE))
            if (resident := resident_kib(server)) is not None:
                figures[memory_after(done).name] = resident
    return meter.outcome(figures)


def shares(total: int, count: int) -> Callable[[int], range]:
    """Return what gives each of `count` threads its share of the visits."""
    return lambda number: range(number, total, count)


def visit_in_parallel(port: int, count: int, turns: Callable[[int], Iterable[object]]) -> int:
    """Let several threads visit, each of them once for each of its turns; return the sum."""
    visits: list[int] = []  # each thread adds its number in one step: no lock is needed
    failures: list[Exception] = []

    def visit_again_and_again(number: int) -> None:
        try:
            visits.append(sum(1 for _ in turns(number) if visit(port)))
        except (OSError, ServerFailed) as error:
            failures.append(error)

    threads = [threading.Thread(target=visit_again_and_again, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()  # every wait for the server has a deadline, so this ends
    if failures:
        raise ServerFailed(f"a visit failed: {failures[0]}")
    return sum(visits)


def visit(port: int) -> bool:
    """Connect, shake hands, say goodbye as one should, and wait for the server to hang up.

    A server should say goodbye too. Not all do every time, and it is not what is measured here.
    """
    with connect(port) as client, contextlib.suppress(ConnectionResetError):
        client.sendall(GOODBYE)
        while client.recv(4096):
            pass
    return True
