"""A level: a file of plain Python, read, and loaded afresh for each run.

Rule: a level is what its file says. What it is called, what it promises and how many orders break
it are written in the file, and compared with what was found.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from . import LevelError
from .imports import Imports
from .weave import Woven, weave

LEVELS = Path(__file__).parent.parent / "levels"
COLUMNS = 44
"""Of a line, so that it fits on a phone."""

FACTS = re.compile(r"^(Afterwards|Kind|Orders): (.+?)$", re.MULTILINE)
ORDERS = re.compile(r"(\d+), of which (\d+) break the promise")


class Block(NamedTuple):
    """Code that a player sees, its lines numbered as in their file."""

    title: str
    lines: list[tuple[int, str]]


@dataclass(frozen=True)
class Level:
    """What is in the file of a level."""

    path: Path
    source: str
    stepped: tuple[str, ...] = ()
    """Modules whose code is stepped line by line as well: their names."""

    @classmethod
    def read(cls, path: Path) -> Level:
        """Read a level, and see to it that nothing is missing."""
        level = cls(path, path.read_text(encoding="utf-8"))
        level.facts  # noqa: B018  (raises)
        level.promise  # noqa: B018
        level.lines()
        return level

    @property
    def name(self) -> str:
        """What it is called in links and on the command line."""
        return self.path.stem

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax tree."""
        try:
            return ast.parse(self.source, self.path.name)
        except SyntaxError as error:
            raise LevelError(f"{self.path.name}:{error.lineno}: {error.msg}") from error

    @cached_property
    def docstring(self) -> str:
        """What is written at its top."""
        return ast.get_docstring(self.tree) or ""

    @cached_property
    def facts(self) -> dict[str, str]:
        """The lines "Afterwards: ...", "Kind: ..." and "Orders: ..."."""
        joined = re.sub(r"(?<!\n)\n(?!\n|[A-Z][a-z]+: )", " ", self.docstring)
        facts = dict(FACTS.findall(joined))
        for fact in ("Afterwards", "Kind", "Orders"):
            if fact not in facts:
                raise LevelError(f"{self.path.name}: the docstring has no line '{fact}: ...'")
        if facts["Kind"] not in ("break", "decide"):
            raise LevelError(f"{self.path.name}: 'Kind:' is 'break' or 'decide'")
        return facts

    @property
    def title(self) -> str:
        """The first line."""
        return self.docstring.partition("\n")[0].rstrip(".")

    @property
    def story(self) -> str:
        """What is between the title and the facts."""
        _, _, rest = self.docstring.partition("\n")
        return " ".join(rest.partition("\nAfterwards:")[0].split())

    @cached_property
    def promise(self) -> str:
        """What `check` says."""
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef) and node.name == "check":
                if text := ast.get_docstring(node):
                    return " ".join(text.split())
                raise LevelError(f"{self.path.name}: 'check' has no docstring: that is the promise")
        raise LevelError(f"{self.path.name}: there is no function 'check'")

    @property
    def counts(self) -> tuple[int, int]:
        """How many orders there are, and how many of them break the promise, as it is written."""
        if found := ORDERS.fullmatch(self.facts["Orders"]):
            return int(found[1]), int(found[2])
        raise LevelError(f"{self.path.name}: 'Orders:' is not 'N, of which M break the promise'")

    @cached_property
    def woven(self) -> Woven:
        """Its code with stops."""
        assert self.tree
        return weave(self.source, self.path.name)

    @cached_property
    def plain(self) -> Any:
        """Its code as it is."""
        return compile(self.source, self.path.name, "exec", dont_inherit=True)

    @cached_property
    def names(self) -> list[str]:
        """The names of its shared data, in the order in which they are first bound."""
        names: dict[str, None] = {}
        for node in self.tree.body:
            targets = node.targets if isinstance(node, ast.Assign) else []
            if isinstance(node, ast.AnnAssign):
                targets = [node.target]
            for target in targets:
                names.update({n.id: None for n in ast.walk(target) if isinstance(n, ast.Name)})
        return [name for name in names if name not in ("threads", "SHOWN")]

    def lines(self) -> list[tuple[int, str]]:
        """Return the lines that a player sees, numbered: from the data to before the threads."""
        body = [n for n in self.tree.body[1:] if not isinstance(n, ast.Import | ast.ImportFrom)]
        end = next((n.lineno for n in body if _binds(n, "SHOWN")), None)
        end = end or next((n.lineno for n in body if _binds(n, "threads")), None)
        if end is None:
            raise LevelError(f"{self.path.name}: there is no list 'threads'")
        start = min(
            body[0].lineno, *(d.lineno for d in getattr(body[0], "decorator_list", [])), end
        )
        lines = self.source.splitlines()
        while lines[start - 2].startswith("#"):
            start -= 1
        shown = [(n, lines[n - 1]) for n in range(start, end)]
        while shown and not shown[-1][1].strip():
            shown.pop()
        if wide := [n for n, line in shown if len(line) > COLUMNS]:
            raise LevelError(f"{self.path.name}:{wide[0]}: longer than {COLUMNS} columns")
        return shown

    def load(self, imports: Imports) -> dict[str, Any]:
        """Run its code with stops, and with stand-ins for what it imports. Return its globals."""
        try:
            module = imports.run(self.woven, f"play.levels.{self.name}")
        except LevelError:
            raise
        except Exception as error:  # whatever the level's own first lines raise
            raise LevelError(f"{self.path.name}: {type(error).__name__}: {error}") from error
        if not module.get("threads"):
            raise LevelError(f"{self.path.name}: there is no list 'threads'")
        return module

    @cached_property
    def blocks(self) -> list[Block]:
        """The code that a player sees: its own, and the functions of the package in SHOWN."""
        module: dict[str, Any] = {"__name__": self.name}
        exec(self.plain, module)
        shown = [block_of(function) for function in module.get("SHOWN", ())]
        return [Block(self.path.name, self.lines()), *shown]


def block_of(function: Callable[..., Any]) -> Block:
    """Return the lines of a function, without its docstring."""
    function = inspect.unwrap(function)
    lines, start = inspect.getsourcelines(function)
    source = textwrap.dedent("".join(lines))
    [definition] = ast.parse(source).body
    assert isinstance(definition, ast.FunctionDef)
    first = definition.body[0]
    text = range(first.lineno, (first.end_lineno or 0) + 1) if function.__doc__ else range(0)
    numbered = enumerate(source.splitlines(), 1)
    shown = [(start + n - 1, line) for n, line in numbered if n not in text]
    return Block(function.__module__.replace(".", "/") + ".py", shown)


def _binds(node: ast.stmt, name: str) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else []
    return any(isinstance(target, ast.Name) and target.id == name for target in targets)
