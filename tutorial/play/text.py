"""The player as text, in a terminal or a notebook.

Rule: it says the same as the page's player: each thread's next line or why it cannot go, the
shared state, what was done, and how it ended.
"""

from __future__ import annotations

from collections.abc import Callable

from .graph import Graph, Node

HELP = """\
Type a number to let that thread go. Other keys:
  b back    r restart    s show me a failure    c "it cannot be broken"    q quit"""


FIRST = "That would be the answer: first play one order to its end."


def play(graph: Graph, ask: Callable[[str], str], say: Callable[[str], None]) -> None:
    """Play a level until the player quits."""
    say(introduction(graph))
    say(HELP)
    order: list[str] = []
    may_ask = graph.level.facts["Kind"] == "break"
    while True:
        *_, node = graph.follow(order)
        say("\n" + moment(graph, node))
        try:
            key = ask("> ").strip().lower()
        except EOFError:
            return
        if key == "q":
            return
        may_ask = may_ask or node.is_end
        if key in ("s", "c") and not may_ask:
            say(FIRST)
        else:
            order = answer(graph, order, node, key, say)


def answer(
    graph: Graph, order: list[str], node: Node, key: str, say: Callable[[str], None]
) -> list[str]:
    """Do what a key asks for. Return the order that has been taken then."""
    possible = {str(n): t for n, t in enumerate(graph.threads, 1) if t in node.next}
    match key:
        case "b":
            return order[:-1]
        case "r":
            return []
        case "s":
            way = graph.way_to_failure(node)
            say("no way from here breaks it" if way is None else f"next: {' '.join(way) or '-'}")
        case "c":
            say(claim(graph))
        case _ if key in possible:
            return [*order, possible[key]]
        case _:
            say(HELP)
    return order


def introduction(graph: Graph) -> str:
    """Return the title, the story, the promise, and the code."""
    level = graph.level
    blocks = [
        f"{block.title}\n" + "\n".join(f"{number:4} {line}" for number, line in block.lines)
        for block in level.blocks
    ]
    code = "\n\n".join(blocks)
    return f"{level.title}\n\n{level.story}\n\n{code}\n\nPromise: {level.promise}\n"


def moment(graph: Graph, node: Node) -> str:
    """Return what a player sees in one state."""
    lines = [f"  {name} = {text}" for name, text in node.shared.items()]
    for number, name in enumerate(graph.threads, 1):
        lines.append(f"{number if name in node.next else ' '} {name}: {doing(graph, node, name)}")
    if node.is_end:
        lines.append(ending(graph, node))
    elif graph.is_lost(node):
        lines.append("(Below this line nothing can save it.)")
    return "\n".join(lines)


def doing(graph: Graph, node: Node, name: str) -> str:
    """Say what a thread does next, or why it cannot."""
    standing = node.threads[name]
    if standing.place is None:
        return f"died: {standing.error}" if standing.error else "has ended"
    text = f"{standing.place.line}: {graph.line(standing.place)}"
    own = f"   [{standing.own}]" if standing.own else ""
    return text + (f"   {standing.why_not}" if standing.why_not else "") + own


def ending(graph: Graph, node: Node) -> str:
    """Say how it ended."""
    if node.failure is None:
        return "Kept, this time."
    return f"Broken: {node.failure}\nAfterwards: {graph.level.facts['Afterwards']}"


def claim(graph: Graph) -> str:
    """Answer "it cannot be broken"."""
    taken = f"{graph.steps} steps between {len(graph.nodes)} states, {graph.orders} orders"
    if graph.broken:
        way = graph.way_to_failure(graph.nodes[0])
        return f"It can: {' '.join(way or [])}"
    return f"You are right. Real threads took every step that there is: {taken}; none breaks it."
