"""The exercises: as given each fails its check, its solution passes, and what is wrong is told.

Rule: the check is run as a reader runs it, on programs of their own.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from clients import PATIENCE
from results import results_of
from runs import programs_of
from wrong_solutions import WRONG

from msgproxy.check.behaviours import load as check_load
from msgproxy.check.behaviours.catalogue import NAMES
from msgproxy.cli.main import main

TOP = Path(__file__).parents[2]
FOLDER = TOP / "tutorial" / "exercises"
STEPS = TOP / "tutorial" / "steps"

DEADLINE = 100
"""Seconds for one run of a check."""


class Exercise(NamedTuple):
    """What its check has, and how it fails as given."""

    behaviours: str
    fails: str
    instead: str
    still: tuple[str, ...] = NAMES[: NAMES.index("cuts-off") + 1]
    """What a solution can do of what step 8 could."""
    settings: str = ""
    """Numbers that are too small for what `msgproxy check` does."""


EXERCISES = {
    "rooms": Exercise("one-room apart whole-path moves goes-on", "apart", "D got 'this stays in"),
    "nickname": Exercise(
        "announced unchanged renamed taken one-of-many left", "announced", "A got nothing"
    ),
    "drop_oldest": Exercise(
        "stays newest in-order bounded keeps-pongs",
        "stays",
        "code 1013 too slow",
        # Of the package's, all but the one that is the point: and silence takes it 40 seconds.
        tuple(name for name in NAMES if name not in ("notices-silence", "cuts-off")),
    ),
    "history": Exercise(
        "history last-ones who-left seam",
        "history",
        "N got nothing",
        # The others want a newcomer to receive nothing that was said before it came.
        ("repeats", "serves-two", "slow-client", "one-order", "notices-silence", "cuts-off"),
    ),
    "rate_limit": Exercise(
        "slows-down burst full-is-full others-go-on each-its-own",
        "slows-down",
        "B had all of them after",
        settings="exercise.BURST, exercise.RATE = 10_000, 10_000.0",
    ),
}


def run_check(name: str, *options: object, patience: float = PATIENCE) -> tuple[int, str]:
    """Run the check of an exercise; return its exit status, and what it says."""
    folders = os.pathsep.join(map(str, (TOP, FOLDER)))
    done = subprocess.run(
        [sys.executable, FOLDER / "check.py", name, "--patience", str(patience), *options],
        env={**os.environ, "PYTHONPATH": folders},
        cwd=TOP,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    return done.returncode, done.stdout


def failure(output: str) -> tuple[str, str]:
    """Return which behaviour failed, and what came instead."""
    [name] = re.findall(r"^FAILED +(\S+)", output, flags=re.MULTILINE)
    instead = re.search(r"instead: +(.*?)\n +read:", output, flags=re.DOTALL)
    return name, " ".join(instead[1].split())


def source(name: str) -> str:
    return (FOLDER / "solutions" / f"{name}.py").read_text()


@pytest.mark.parametrize("name", EXERCISES)
def test_an_exercise_as_given_fails_in_what_is_to_be_done(name):
    """As its page shows it: with the status that the page says."""
    shown = programs_of(TOP / "tutorial" / "exercises.md")
    [program] = [one for one in shown if one.command[1:2] == (name,)]
    assert program.status == 1
    output = results_of(TOP).output(program)
    behaviour, instead = failure(output)
    assert behaviour == EXERCISES[name].fails
    assert re.search(EXERCISES[name].instead, instead)


@pytest.mark.parametrize("name", EXERCISES)
def test_a_solution_passes(name):
    status, output = run_check(name, "--file", FOLDER / "solutions" / f"{name}.py")
    assert status == 0, output
    passed = re.findall(r"^ok +(\S+)", output, flags=re.MULTILINE)
    assert passed == EXERCISES[name].behaviours.split()


@pytest.mark.parametrize("name", EXERCISES)
def test_a_solution_can_still_do_what_was_there_before(name, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(check_load, "ROUNDS", 2)  # as in the tests of the steps
    monkeypatch.setattr(check_load, "AT_LEAST", 0)
    still = EXERCISES[name].still
    # Silence is noticed soon where that is the question; nobody is too slow elsewhere.
    for interval, needs_silence in (3600, False), (5, True):
        chosen = [one for one in still if (one == "notices-silence") is needs_silence]
        if not chosen:
            continue
        program = tmp_path / f"pings_every_{interval}_seconds.py"
        program.write_text(
            f"import sys\n"
            f"sys.path[:0] = {[str(FOLDER / 'solutions'), str(FOLDER), str(STEPS), str(TOP)]}\n"
            f"import step08_bounds\n"
            f"step08_bounds.PING_INTERVAL = {interval}\n"
            f"import {name} as exercise\n"
            f"{EXERCISES[name].settings}\n"
            f"exercise.main()\n"
        )
        only = [word for behaviour in chosen for word in ("--only", behaviour)]
        patience = ["--patience", str(PATIENCE)]
        status = main(["check", "--run", str(program), *only, *patience, "--", "--port", "0"])
        assert status == 0, capsys.readouterr().out


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_told(what, tmp_path):
    wrong = WRONG[what]
    text = source(wrong.exercise)
    for old, new in wrong.changes.items():
        assert text.count(old) == 1, f"{old!r} is not there"
        text = text.replace(old, new)
    file = tmp_path / "wrong.py"
    file.write_text(text)
    patience = 2 if "nothing" in wrong.instead else PATIENCE
    if wrong.fails == "bounded":
        patience *= 3  # 64 MiB take their time on a busy machine
    only = ["--only", wrong.fails]
    status, output = run_check(wrong.exercise, "--file", file, *only, patience=patience)
    assert status == 1, output
    _, instead = failure(output)
    assert re.search(wrong.instead, instead), output


@pytest.mark.parametrize("name", EXERCISES)
def test_what_is_given_stands_in_the_solution_too(name):
    """The solution can be compared line by line: only the place of the exercise differs."""
    given = (FOLDER / f"{name}.py").read_text()
    assert "# Your turn: " in given
    assert "# Your turn: " not in source(name)
    docstring = given.split('"""')[1]
    assert source(name).split('"""')[1] == docstring
    assert f"check.py {name}\n" in docstring


def test_a_mistake_is_told_in_one_line(tmp_path):
    status, output = run_check("rooms", "--file", tmp_path / "none.py")
    assert (status, output) == (1, f"check.py: there is no file {tmp_path / 'none.py'}\n")
    status, output = run_check("rooms", "--only", "upstairs")
    assert (status, output) == (
        1,
        "check.py: 'upstairs' is none of one-room, apart, whole-path, moves, goes-on\n",
    )
    status, output = run_check("chambers")
    assert status == 2
    assert output.startswith("check.py: argument name: invalid choice: 'chambers'")
    assert output.count("\n") == 1
    broken = tmp_path / "broken.py"
    broken.write_text("1 / 0\n")
    status, output = run_check("rooms", "--file", broken)
    assert status == 1
    assert "| ZeroDivisionError: division by zero" in output
    last = output.splitlines()[-1]
    assert last == "check.py: the program ended with status 1 before it printed its address"


UNUSUAL = {
    "says what nobody has said": """
            case Joined(session):
                sessions.add(session)
                for message in ("welcome", b"\\xff", ""):
                    offer(session, message)
            case Received(sender, message):
                for session in sessions - {sender}:
                    offer(session, message)""",
    "changes what was said": """
            case Joined(session):
                sessions.add(session)
            case Received(sender, message):
                for session in sessions - {sender}:
                    offer(session, message[::-1] if len(message) < 40 else b"x" * len(message))""",
    "is over after a while": """
            case Joined(session):
                sessions.add(session)
            case Received(sender, message):
                count += 1
                if count == 30:
                    os._exit(3)
                for session in sessions - {sender}:
                    offer(session, message)""",
}
"""Brokers that do what no exercise asks for."""


@pytest.mark.parametrize("what", UNUSUAL)
@pytest.mark.parametrize("name", EXERCISES)
def test_whatever_a_server_does_the_check_reports_it(name, what, tmp_path):
    program = tmp_path / "unusual.py"
    program.write_text(
        f"import os, sys\n"
        f"sys.path[:0] = {[str(FOLDER), str(STEPS), str(TOP)]}\n"
        "from base import run_step\n"
        "from step08_bounds import Joined, Left, Received, inbound, offer\n"
        "def run_broker():\n"
        "    sessions, count = set(), 0\n"
        "    while True:\n"
        f"        match inbound.get():{UNUSUAL[what]}\n"
        "            case Left(session):\n"
        "                sessions.discard(session)\n"
        "run_step(run_broker=run_broker)\n"
    )
    # All behaviours, but for the one exercise where each sends 64 MiB.
    everything = () if name == "drop_oldest" else ("--all",)
    status, output = run_check(name, "--file", program, *everything, patience=1)
    assert status == 1
    assert not re.search(r"^Traceback", output, re.MULTILINE), output
    assert "FAILED" in output


def test_a_history_that_is_too_long_is_told(tmp_path):
    file = tmp_path / "long.py"
    file.write_text(source("history").replace("HISTORY = 50", "HISTORY = 300"))
    status, output = run_check("history", "--file", file, "--all", patience=2)
    assert status == 1
    assert not re.search(r"^Traceback", output, re.MULTILINE), output
