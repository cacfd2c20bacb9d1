"""Measurements, one after the other: a server, a load generator, and nothing else at that time.

Rule: each measurement has a new server and a new load generator, in processes of their own. They
are ended by whoever started them, whatever happens, Ctrl-C included.
"""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import product

import contenders
from contenders import Contender, running
from crowd import PATIENCE, ServerFailed
from outcome import Cores, Flaws, Outcome
from progress import Progress
from results import Result, Results
from scenarios import Scenario

LONGEST = 8 * PATIENCE
"""Seconds that a load generator may take besides the time that it measures."""


def measure_all(results: Results, rounds: int, seconds: float) -> None:
    """Measure each scenario with each server, and all of that again in each round."""
    all_of_it = list(product(range(1, rounds + 1), results.scenarios, results.contenders))
    progress = Progress(len(all_of_it))
    try:
        for number, scenario, contender in all_of_it:
            progress.begin(f"round {number}: {scenario.name}, {contender.name}")
            results.all.append(measure(scenario, contender, number, seconds))
    finally:
        progress.end()


def measure(scenario: Scenario, contender: Contender, number: int, seconds: float) -> Result:
    """Measure one scenario with one server, once."""
    try:
        with running(contender) as server:
            outcome = put_load(scenario, server, seconds)
    except ServerFailed as error:
        return Result(scenario.name, contender.name, number, None, str(error))
    return Result(scenario.name, contender.name, number, outcome)


def put_load(scenario: Scenario, server: contenders.Running, seconds: float) -> Outcome:
    """Run the load generator and return what it says. Raise `ServerFailed` if it cannot."""
    load = subprocess.Popen(
        [sys.executable, *load_arguments(scenario, server, seconds)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        output, errors = load.communicate(timeout=seconds + LONGEST)
    except subprocess.TimeoutExpired:
        raise ServerFailed("the load generator did not come to an end") from None
    finally:
        contenders.end(load)
    if load.returncode:
        raise ServerFailed(errors.strip().rpartition("\n")[2])
    data = json.loads(output)
    data["flaws"] = Flaws(**data["flaws"])
    data["cores"] = data["cores"] and Cores(**data["cores"])
    return Outcome(**data)


def load_arguments(scenario: Scenario, server: contenders.Running, seconds: float) -> list[str]:
    """Return the command line of a load generator, without Python itself."""
    program = [str(contenders.HERE / "load.py"), scenario.name]
    options = f"--port {server.port} --pid {server.pid} --clients {scenario.clients}"
    visits = ["--visits", *map(str, scenario.visits)] if scenario.visits else []
    return [*program, "--seconds", str(seconds), *options.split(), *visits]
