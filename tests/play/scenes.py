"""Levels for tests: written in a line or two, and explored without the explorer."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from play.explore import describe
from play.graph import Graph
from play.level import LEVELS, Level
from play.run import Run

ALL = sorted(LEVELS.glob("*.py"))

HEAD = '''"""A scene

Afterwards: nothing.
Kind: decide
Orders: 0, of which 0 break the promise
"""

from queue import Queue
from threading import Condition, Lock, Thread

'''


def level(body: str, *threads: str, promise: str = "pass") -> Level:
    """Return a level: `level("n = []\\ndef f():\\n    n.append(1)", "f", "f")`."""
    made = "".join(
        f"    Thread(target={target}, name='t{number}'),\n"
        for number, target in enumerate(threads, 1)
    )
    check = f'def check():\n    """It holds."""\n    {promise}\n'
    return Level(Path("scene.py"), f"{HEAD}{body}\n\nthreads = [\n{made}]\n\n{check}")


def all_orders(level: Level, *, every_line: bool = False) -> Counter[str | None]:
    """Take every order, one after the other, and keep no state: count how they end."""
    endings: Counter[str | None] = Counter()
    prefix: list[str] | None = []
    while prefix is not None:
        with Run(level, every_line=every_line) as run:
            choices = []
            for name in prefix:
                choices.append(run.possible())
                run.step(name)
            while possible := run.possible():
                choices.append(possible)
                run.step(possible[0])
            endings[run.failure()] += 1
            prefix = following(run.taken, choices)
    return endings


def following(taken: list[str], choices: list[list[str]]) -> list[str] | None:
    """Return how the next order begins, depth first."""
    for depth in reversed(range(len(taken))):
        later = choices[depth][choices[depth].index(taken[depth]) + 1 :]
        if later:
            return [*taken[:depth], later[0]]
    return None


def endings(graph: Graph) -> Counter[str | None]:
    """Count the orders of a graph by how they end."""
    reached = {id(node): 0 for node in graph.nodes}
    reached[id(graph.nodes[0])] = 1
    found: Counter[str | None] = Counter()
    for node in graph.sorted:
        for after in node.next.values():
            reached[id(after)] += reached[id(node)]
        if node.is_end:
            found[node.failure] += reached[id(node)]
    return found


def seen(run: Run, graph: Graph) -> tuple[object, object]:
    """Return what a player would see of a run at this moment."""
    node = describe(run)
    return node.threads, {name: node.shared[name] for name in graph.nodes[0].shared}
