"""The tutorial's pages as they are written: their blocks, and where each of them is.

Rule: this knows how a page is written down, and nothing about what it says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

TOP = Path(__file__).parents[2]
TUTORIAL = TOP / "tutorial"

FENCE = re.compile(r"^ *(?P<fence>`{3,}|:{3,})(?P<info>.*)$")
OPTION = re.compile(r"^ *:(?P<name>[a-z-]+): *(?P<value>.*)$")


@dataclass(slots=True)
class Block:
    """What is between two fences: a directive, such as `{admonition} Run`, or code."""

    page: str
    number: int
    """The line of the fence that opens it, from 1."""
    fence: str
    kind: str
    """`admonition` or `runs` of a directive; `console` or `python` of code."""
    title: str
    """What comes after the kind: a title, a file, a command."""
    within: tuple[Block, ...]
    """The blocks around it, the outermost first."""
    options: dict[str, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    """The text, with the blocks inside and without options."""

    @property
    def place(self) -> str:
        """Where to look, as editors understand it."""
        return f"{self.page}:{self.number}"

    def classes(self) -> set[str]:
        """Return its own classes and those of all blocks around it."""
        return {name for b in (*self.within, self) for name in b.options.get("class", "").split()}


def pages() -> list[Path]:
    """Return all pages of the tutorial, and the README."""
    return [TOP / "README.md", *sorted(TUTORIAL.glob("*.md")), *sorted(TUTORIAL.glob("*/*.md"))]


def chapters() -> list[str]:
    """Return the names of the chapters, in the order of the home page's ladder."""
    [ladder] = [block for block in blocks(TUTORIAL / "index.md") if block.kind == "ladder"]
    return [line.partition("|")[0].strip() for line in ladder.lines if line.strip()]


def blocks(path: Path) -> list[Block]:
    """Return all blocks of a page, in the order in which they begin."""
    opened: list[Block] = []
    found: list[Block] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = FENCE.match(line)
        if match and opened and closes(match, opened[-1]):
            opened.pop()
        elif match and not (opened and is_code(opened[-1])):
            block = begin(path.name, number, match, tuple(opened))
            add_line(opened, line)
            opened.append(block)
            found.append(block)
            continue
        add_line(opened, line)
    assert not opened, f"{opened[-1].place}: this fence is never closed"
    return found


def begin(page: str, number: int, match: re.Match[str], within: tuple[Block, ...]) -> Block:
    info = match["info"].strip()
    directive = re.fullmatch(r"\{(?P<kind>[^}]+)\} *(?P<title>.*)", info)
    kind, title = (directive["kind"], directive["title"]) if directive else (info, "")
    if kind in ("code-block", "code"):
        kind, title = title, ""
    return Block(page, number, match["fence"], kind, title, within)


def closes(match: re.Match[str], block: Block) -> bool:
    return not match["info"].strip() and match["fence"].startswith(block.fence)


def is_code(block: Block) -> bool:
    """Say whether fences inside of it are nothing but text."""
    return block.fence.startswith("`")


def add_line(opened: list[Block], line: str) -> None:
    for block in opened:
        option = OPTION.match(line) if block is opened[-1] and not block.lines else None
        if option:
            block.options[option["name"]] = option["value"]
        else:
            block.lines.append(line)
