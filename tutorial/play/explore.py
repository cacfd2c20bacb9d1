"""The explorer: every state that a level can be in, and every step between them.

Rule: no order is left out, and no step is counted that no thread has taken. Real threads took each
step of the graph at least once; to come to a state again, they take its steps again, and each state
on the way has to be the one that was there before.

It would be shorter to leave out orders that differ only in steps that cannot notice each other.
But those are buttons that a player may press.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from . import LevelError
from .graph import Graph, Node, Place, Standing
from .level import Level
from .run import Run
from .show import show, show_all
from .thread import LevelThread

LIMIT = 2000
"""States that a level may have."""


@dataclass(slots=True)
class Found:
    """A state, while the exploration lasts."""

    node: Node
    path: tuple[str, ...]
    """The steps by which it was found."""
    untried: list[str]


@dataclass(slots=True)
class Explorer:
    """Takes all steps of one level."""

    level: Level
    every_line: bool = False
    limit: int = LIMIT
    found: dict[Hashable, Found] = field(default_factory=dict)

    def explore(self) -> Graph:
        """Return all states, in an order that does not depend on how they were found."""
        with Run(self.level, every_line=self.every_line) as run:
            first = self._look(run)
            self._go_on(run, first)
            names = [thread.name for thread in run.threads]
        while pending := [found for found in self.found.values() if found.untried]:
            for found in pending:
                if found.untried:
                    self._take_up(found)
        return Graph.of(self.level, names, first.node)

    def _take_up(self, found: Found) -> None:
        """Come to a state again, and take steps from there that were not taken yet."""
        with Run(self.level, every_line=self.every_line) as run:
            node = self._look(run).node
            for name in found.path:
                expected = node.next[name]
                run.step(name)
                node = self._look(run).node
                if node is not expected:
                    raise LevelError(f"{self.level.name}: the same steps led to two states")
            if node is not found.node:
                raise LevelError(f"{self.level.name}: the same steps led to two states")
            self._go_on(run, found)

    def _go_on(self, run: Run, found: Found) -> None:
        """Take steps that were not taken yet, as long as there are any."""
        while found.untried:
            name = found.untried.pop()
            run.step(name)
            after = self._look(run)
            found.node.next[name] = after.node
            found = after

    def _look(self, run: Run) -> Found:
        """Return the state in which the threads are now, a new one if it has not been seen."""
        state = run.state()
        found = self.found.get(state)
        if found is None:
            if len(self.found) >= self.limit:
                raise LevelError(
                    f"{self.level.name} has more than {self.limit} states: take fewer threads"
                )
            possible = run.possible()
            found = self.found[state] = Found(describe(run), tuple(run.taken), possible)
            if not possible:
                found.node.failure = run.failure()
        return found


def describe(run: Run) -> Node:
    """Describe a moment as a player sees it."""
    names = {id(value): name for name, value in run.shared().items()}
    standing = {thread.name: _standing(thread, names) for thread in run.threads}
    return Node(standing, show_all(run.shared(), names))


def _standing(thread: LevelThread, names: dict[int, str]) -> Standing:
    own: list[tuple[str, str]] = [
        (name, show(value, names)) for name, value in thread.variables().items() if _is_data(value)
    ]
    text = ", ".join(f"{name} = {value}" for name, value in own)
    if thread.at is None:
        error = thread.error
        return Standing(None, "", text, f"{type(error).__name__}: {error}" if error else None)
    at = thread.at
    place = Place(at.block, at.line, at.end_line, at.label)
    return Standing(place, thread.why_not() or "", text, None)


def _is_data(value: Any) -> bool:
    return not callable(value) or hasattr(value, "why_not")


def explore(level: Level, *, every_line: bool = False, limit: int = LIMIT) -> Graph:
    """Take every step that there is in a level."""
    return Explorer(level, every_line, limit).explore()
