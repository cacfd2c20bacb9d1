"""The tutorial's steps: each can do what its chapter promises, and not yet what the next does."""

from __future__ import annotations

import ast
import importlib.util
import re
import threading
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest
from clients import PATIENCE

from msgproxy.check.behaviours import connections as check_wire
from msgproxy.check.behaviours import load as check_load
from msgproxy.check.behaviours.catalogue import NAMES
from msgproxy.cli.main import main

FOLDER = Path(__file__).parents[2] / "tutorial" / "steps"
STEPS = sorted(FOLDER.glob("step*.py"))
TABLE = tomllib.loads((FOLDER / "changes.toml").read_text())
LINES = 150

FAILURES = {
    "serves-two": "no answer to the handshake",
    "forwards": "A got nothing",
    "comes-and-goes": "got nothing|got '|the end of the connection",
    "slow-client": "B got nothing",
    "one-order": "the other way round",
    "notices-silence": "it is still connected",
    "cuts-off": "all of it was kept",
    "pong-between": "has other bytes in it|no frame of a server",
    "closes-cleanly": "the end of the connection, without a Close frame",
    "refuses-strangers": "the client was accepted",
}
"""How it shows that a behaviour is missing; so it is not something else that fails."""


SOON, NEVER = 5, 3600
"""Seconds between pings: silence is noticed soon, or it cannot be what a client is cut off for."""


@pytest.fixture
def check(tmp_path):
    """Run `msgproxy check` on a step: `check(path, ping_interval, *options)`."""

    def run(path: Path, ping_interval: float, *options: str) -> int:
        program = tmp_path / "program.py"
        program.write_text(
            f"import sys\n"
            f"sys.path.insert(0, {str(FOLDER)!r})\n"
            f"import {path.stem} as step\n"
            f"step.PING_INTERVAL = {ping_interval}\n"
            f"step.main()\n"
        )
        return main(["check", "--run", str(program), *options, "--", "--port", "0"])

    return run


def test_there_are_twelve():
    assert [path.stem for path in STEPS] == list(TABLE)
    assert len(STEPS) == 12
    assert [name for name, step in TABLE.items() if "lacks" not in step] == [STEPS[-1].stem]


@pytest.mark.extra("programs of the tutorial")
@pytest.mark.parametrize("path", STEPS, ids=lambda path: path.stem)
def test_a_step_has_the_behaviours_up_to_its_own(path, check, capsys, monkeypatch):
    # Whether an order is one by luck is not the question here: see the next test.
    monkeypatch.setattr(check_load, "ROUNDS", 2)
    monkeypatch.setattr(check_load, "AT_LEAST", 0)
    has = TABLE[path.stem]["passes"]
    status = check(path, SOON, "--until", has, "--patience", str(PATIENCE))
    output = capsys.readouterr().out
    assert status == 0, output
    passed = re.findall(r"^ok +(\S+)", output, flags=re.MULTILINE)
    assert passed == list(NAMES[: NAMES.index(has) + 1])


@pytest.mark.extra("programs of the tutorial")
@pytest.mark.parametrize("path", STEPS[:-1], ids=lambda path: path.stem)
def test_a_step_lacks_the_next_behaviour(path, check, capsys, monkeypatch):
    monkeypatch.setattr(check_wire, "SILENCE", 3)
    lacks = TABLE[path.stem]["lacks"]
    # Short only where the failure is that nothing comes.
    nothing_comes = lacks in ("serves-two", "forwards", "comes-and-goes", "slow-client")
    patience = 2 if nothing_comes or lacks == "notices-silence" else PATIENCE
    status = check(path, NEVER, "--only", lacks, "--patience", str(patience))
    output = capsys.readouterr().out
    assert status == 1, output
    assert re.search(rf"^FAILED +{lacks} ", output, flags=re.MULTILINE)
    instead = re.search(r"instead: +(.*?)\n +read:", output, flags=re.DOTALL)
    assert re.search(FAILURES[lacks], " ".join(instead[1].split())), output


def test_each_step_brings_what_the_one_before_lacks():
    for (name, before), (_, after) in pairwise(TABLE.items()):
        gained = NAMES[NAMES.index(before["passes"]) + 1 : NAMES.index(after["passes"]) + 1]
        assert before["lacks"] in (*gained, after.get("lacks")), name


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_a_step_is_short(path):
    assert len(path.read_text().splitlines()) < LINES


@pytest.mark.parametrize("path", STEPS, ids=lambda path: path.stem)
def test_a_step_can_be_imported(path, capfd, monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)  # from the ninth on, a step has modules beside it
    threads = threading.active_count()
    spec = importlib.util.spec_from_file_location(path.stem, path)
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    assert threading.active_count() == threads
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("old", "new"), list(pairwise(STEPS)), ids=lambda path: path.stem)
def test_only_what_the_table_lists_has_changed(old, new):
    before, after = definitions(old), definitions(new)
    both = before.keys() & after.keys()
    listed = TABLE[new.stem]
    assert sorted(after.keys() - before.keys()) == sorted(listed.get("new", [])), "new"
    assert sorted(before.keys() - after.keys()) == sorted(listed.get("gone", [])), "gone"
    changed = [name for name in both if before[name] != after[name]]
    assert sorted(changed) == sorted(listed.get("changed", [])), "changed"
    order = [name for name in before if name in both]
    assert order == [name for name in after if name in both], "in another order"


def definitions(path: Path) -> dict[str, str]:
    """Return the source of everything that a module defines at its top level."""
    text = path.read_text()
    found = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            name = node.name
        elif isinstance(node, ast.Assign):
            [target] = node.targets
            name = target.id
        elif isinstance(node, ast.If):
            name = "__main__"
        else:
            continue  # the docstring, and imports
        found[name] = ast.get_source_segment(text, node)
    return found
