"""The explorer, tested as if a proof hung on it, because one does.

It says "no order breaks this". So it is compared with whatever can be had without it: all orders
taken one by one, orders taken at random, every line stepped through, and other Pythons.
"""

from __future__ import annotations

import functools
import os
import random
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from play.explore import explore
from play.level import Level
from play.run import Run
from scenes import ALL, all_orders, endings, seen

TOP = Path(__file__).parent.parent.parent

each_level = pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)


@each_level
def test_what_the_file_says_is_what_was_found(path):
    graph = explore(Level.read(path))
    graph.compare()
    assert len(graph.nodes) < 2000


@each_level
def test_all_orders_taken_one_by_one_end_the_same(path):
    level = Level.read(path)
    assert endings(explore(level)) == all_orders(level)


@each_level
def test_stepping_every_line_reaches_the_same_ends(path):
    """Lines that touch nothing shared are passed: that may change the counts, but no end."""
    level = Level.read(path)
    graph, lines = explore(level), explore(level, every_line=True)
    assert {end.failure for end in lines.ends()} == {end.failure for end in graph.ends()}
    assert {tuple(end.shared.values()) for end in lines.ends()} == {
        tuple(end.shared.values()) for end in graph.ends()
    }
    assert lines.orders >= graph.orders


@each_level
def test_an_order_at_random_passes_through_the_states_of_the_graph(path):
    level = Level.read(path)
    graph = explore(level)
    chance = random.Random(1)
    for _ in range(50):
        node = graph.nodes[0]
        with Run(level) as run:
            while run.possible():
                assert sorted(run.possible()) == sorted(node.next)
                assert seen(run, graph) == (node.threads, node.shared)
                name = chance.choice(run.possible())
                run.step(name)
                node = node.next[name]
            assert (node.is_end, node.failure) == (True, run.failure())


def pythons() -> list[str]:
    """Return the Pythons of this machine: this one, and newer ones if there are any."""
    known = map(str, Path.home().glob(".pyenv/versions/3.1[2-9].*/bin/python"))
    found = [shutil.which(f"python3.{minor}") for minor in (12, 13, 14)]
    return [sys.executable, *known, *filter(runs, found)]


def runs(python: str | None) -> bool:
    """Return whether this is a Python, and not a script that would look for one."""
    return python is not None and not subprocess.call([python, "-c", ""], stderr=subprocess.DEVNULL)


EXPORT = """
import json, pathlib, sys
from play.explore import explore
from play.export import export
from play.level import Level
for name in sys.argv[1:]:
    print(json.dumps(export(explore(Level.read(pathlib.Path(name))))))
"""


@functools.cache
def exported(python: str, seed: str) -> list[str]:
    """Explore all levels in another process."""
    paths = [str(TOP), str(TOP / "tutorial"), sysconfig.get_path("purelib")]
    done = subprocess.run(
        [python, "-B", "-c", EXPORT, *map(str, ALL)],
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.extra("other Pythons")
@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_graphs_are_the_same_with_each_hash_seed(seed):
    assert exported(sys.executable, seed) == exported(sys.executable, "0")


@pytest.mark.extra("other Pythons")
@pytest.mark.parametrize("python", pythons()[1:])
def test_the_graphs_are_the_same_in_each_python(python):
    assert exported(python, "3") == exported(sys.executable, "0")
