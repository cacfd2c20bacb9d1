"""The graph of a level: its states, the steps between them, and what follows from both.

Rule: nothing here runs the level. What is computed (orders, ways, what is lost) is computed from
steps that real threads have taken.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from . import LevelError
from .level import Level


class Place(NamedTuple):
    """Where a thread is: the lines that it will run, and what happens there."""

    block: int
    line: int
    end_line: int
    label: str


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of one thread."""

    place: Place | None
    """None if it has ended."""
    why_not: str
    own: str
    error: str | None


@dataclass(slots=True, eq=False)
class Node:
    """A state."""

    threads: dict[str, Standing]
    shared: dict[str, str]
    next: dict[str, Node] = field(default_factory=dict)
    failure: str | None = None
    """How the promise was broken, if this is an end at which it was."""

    @property
    def is_end(self) -> bool:
        """Whether no thread can go on."""
        return not self.next


@dataclass(frozen=True)
class Graph:
    """All states of a level, the first one first; in an order that depends on the steps alone."""

    level: Level
    threads: list[str]
    nodes: list[Node]

    @classmethod
    def of(cls, level: Level, threads: list[str], first: Node) -> Graph:
        """Number the states from the first one on, breadth first, threads in their order."""
        order = {id(first): first}
        waiting = deque([first])
        while waiting:
            node = waiting.popleft()
            for name in threads:
                after = node.next.get(name)
                if after is not None and id(after) not in order:
                    order[id(after)] = after
                    waiting.append(after)
        graph = cls(level, threads, list(order.values()))
        changing = graph.changing()
        for node in graph.nodes:
            node.shared = {name: node.shared.get(name, "") for name in changing}
        graph.sorted  # noqa: B018  (raises if there is a circle)
        return graph

    def changing(self) -> list[str]:
        """Return the names of the shared data that are not the same in all states."""
        names = {name: None for node in self.nodes for name in node.shared}
        return [name for name in names if len({node.shared.get(name) for node in self.nodes}) > 1]

    @cached_property
    def number(self) -> dict[int, int]:
        """The place of each node in the list, by `id`."""
        return {id(node): number for number, node in enumerate(self.nodes)}

    @cached_property
    def sorted(self) -> list[Node]:
        """The nodes, each after all that lead to it."""
        coming = {id(node): 0 for node in self.nodes}
        for node in self.nodes:
            for after in node.next.values():
                coming[id(after)] += 1
        ready = [node for node in self.nodes if not coming[id(node)]]
        done = []
        while ready:
            node = ready.pop()
            done.append(node)
            for after in node.next.values():
                coming[id(after)] -= 1
                if not coming[id(after)]:
                    ready.append(after)
        if len(done) < len(self.nodes):
            raise LevelError(f"{self.level.name}: a thread can go round for ever; let it wait")
        return done

    @cached_property
    def ways(self) -> dict[int, tuple[int, int]]:
        """From each node: how many orders go on from there, and how many break the promise."""
        ways: dict[int, tuple[int, int]] = {}
        for node in reversed(self.sorted):
            after = [ways[id(n)] for n in node.next.values()]
            if node.is_end:
                ways[id(node)] = (1, int(node.failure is not None))
            else:
                ways[id(node)] = (sum(a for a, _ in after), sum(b for _, b in after))
        return ways

    @property
    def orders(self) -> int:
        """How many orders there are."""
        return self.ways[id(self.nodes[0])][0]

    @property
    def broken(self) -> int:
        """How many of them break the promise."""
        return self.ways[id(self.nodes[0])][1]

    @property
    def counted(self) -> str:
        """Both counts, as a level's file says them."""
        return f"{self.orders}, of which {self.broken} break the promise"

    @property
    def steps(self) -> int:
        """How many steps there are between states."""
        return sum(len(node.next) for node in self.nodes)

    def ends(self) -> list[Node]:
        """Return the states from which no thread goes on."""
        return [node for node in self.nodes if node.is_end]

    def is_lost(self, node: Node) -> bool:
        """Return whether every order from here breaks the promise."""
        orders, broken = self.ways[id(node)]
        return orders == broken

    def follow(self, order: list[str]) -> Iterator[Node]:
        """Yield the states on the way, the first one included."""
        node = self.nodes[0]
        yield node
        for name in order:
            if name not in node.next:
                raise LevelError(f"{name} cannot go there")
            node = node.next[name]
            yield node

    def line(self, place: Place) -> str:
        """Return the line at a place, and what happens there if that is not all of it."""
        source = dict(self.level.blocks[place.block].lines).get(place.line, "").strip()
        return f"{source} ({place.label})" if place.label else source

    def steps_of(self, order: list[str]) -> Iterator[tuple[str, int, str]]:
        """Yield the steps of an order: the thread, the number of its line, and the line."""
        for name, node in zip(order, self.follow(order), strict=False):
            place = node.threads[name].place
            assert place
            yield name, place.line, self.line(place)

    def way_to_failure(self, start: Node) -> list[str] | None:
        """Return the shortest order from here that breaks the promise, if there is one."""
        seen = {id(start)}
        waiting: deque[tuple[Node, list[str]]] = deque([(start, [])])
        while waiting:
            node, path = waiting.popleft()
            if node.failure is not None:
                return path
            for name in self.threads:
                after = node.next.get(name)
                if after is not None and id(after) not in seen:
                    seen.add(id(after))
                    waiting.append((after, [*path, name]))
        return None

    def compare(self) -> None:
        """Raise an error if the counts are not those that the level's file says."""
        if (self.orders, self.broken) != self.level.counts:
            raise LevelError(
                f"{self.level.path.name} says '{self.level.facts['Orders']}', but it is "
                f"'{self.counted}'"
            )
