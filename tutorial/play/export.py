"""The graph of a level as the page's player reads it.

Rule: numbers in flat lists, and each text once. The player computes nothing about Python: every
line, reason and value that it shows is in here.

One node is a list: for each thread four numbers (stop, why not, own variables, next node), then
a text for each shared name. A stop or node of -1 is not there; a text is a place in `texts`.
"""

from __future__ import annotations

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
        "code": [{"title": b.title, "lines": b.lines} for b in level.blocks],
        "shared": list(first.shared),
        "stops": list(stops.places),
        "texts": list(texts.places),
        "nodes": nodes,
        "ends": ends,
        "example": list(graph.steps_of(graph.way_to_failure(first) or [])),
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
    return flat + [texts(node.shared.get(name, "")) for name in graph.nodes[0].shared]
