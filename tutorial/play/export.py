"""The graph of a level as the page's player reads it.

Rule: numbers in flat lists, and each text once. The player computes nothing about Python: every
line, reason and value that it shows is in here.

One node is a list: for each thread four numbers (stop, why not, own variables, next node), then
a text for each shared name. A stop or node of -1 is none; a text is a place in `texts`.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .graph import Graph, Node

NONE = -1


@dataclass(slots=True)
class Numbered:
    """Things that are written once, and referred to by their place."""

    places: dict[Any, int] = field(default_factory=dict)

    def __call__(self, thing: Any) -> int:
        """Return the place of a thing, a new one at the end if it is new."""
        return self.places.setdefault(thing, len(self.places))


def export(graph: Graph) -> dict[str, Any]:
    """Return what becomes JSON."""
    level, first = graph.level, graph.nodes[0]
    texts, stops = Numbered(), Numbered()
    nodes = [_node(graph, node, texts, stops) for node in graph.nodes]
    ends = {graph.number[id(n)]: texts(n.failure) if n.failure else NONE for n in graph.ends()}
    return {
        "id": level.name,
        "kind": level.facts["Kind"],
        "title": level.title,
        "story": level.story,
        "promise": level.promise,
        "lesson": level.facts["Afterwards"],
        "threads": graph.threads,
        "code": blocks(graph),
        "shared": list(first.shared),
        "stops": list(stops.places),
        "texts": list(texts.places),
        "nodes": nodes,
        "ends": ends,
        "orders": graph.orders,
        "broken": graph.broken,
        "steps": graph.steps,
    }


def _node(graph: Graph, node: Node, texts: Numbered, stops: Numbered) -> list[int]:
    flat = []
    for name in graph.threads:
        standing = node.threads[name]
        why = standing.why_not or standing.error or ""
        after = node.next.get(name)
        flat += [
            stops(standing.place) if standing.place else NONE,
            texts(why) if why else NONE,
            texts(standing.own) if standing.own else NONE,
            graph.number[id(after)] if after else NONE,
        ]
    return flat + [texts(text) for text in node.shared.values()]


def blocks(graph: Graph) -> list[dict[str, Any]]:
    """Return the code that a player sees: the level's own, and what it shows of the package."""
    own = {"title": graph.level.path.name, "lines": graph.level.lines()}
    return [own, *(_block(function) for function in graph.level.shown())]


def _block(function: Callable[..., Any]) -> dict[str, Any]:
    lines, start = inspect.getsourcelines(inspect.unwrap(function))
    source = textwrap.dedent("".join(lines)).splitlines()
    file = function.__module__.replace(".", "/") + ".py"
    return {"title": file, "lines": list(enumerate(source, start))}
