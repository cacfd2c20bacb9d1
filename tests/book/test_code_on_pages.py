"""The code on a page itself: short, whole, and no copy of what is in a file."""

from __future__ import annotations

import ast
import builtins
import re
import subprocess
import symtable
import sys
import textwrap

import pages
import pytest
from clients import PATIENCE

LONGEST_SKETCH = 25
"""Lines of code on a page. What is longer is a file that is run, and shown from there."""

PASTED = 5
"""This many lines in a row that are also in a file of the tutorial are no coincidence."""


def python_blocks() -> list[pages.Block]:
    return [b for path in pages.pages() for b in pages.blocks(path) if b.kind == "python"]


@pytest.mark.parametrize("block", python_blocks(), ids=lambda block: block.place)
def test_code_on_a_page_uses_no_name_that_nobody_knows(block: pages.Block) -> None:
    """Each name is made in the block, or is Python's. In an exercise, the page's step is open."""
    known = {*dir(builtins), "__file__", "__name__"}
    if "exercise" in block.classes():
        known |= names_in_steps(block.page)
        known |= {name for other in before(block) for name in made_in(code_of(other))}
    assert undefined(code_of(block)) - known == set()


def before(block: pages.Block) -> list[pages.Block]:
    """Return the blocks above it in the same exercise."""
    exercise = block.within[0].number
    return [
        other
        for other in python_blocks()
        if other.page == block.page and exercise < other.number < block.number
    ]


def code_of(block: pages.Block) -> str:
    """Return the code, as a module of its own. A `case` gets its `match`."""
    code = textwrap.dedent("\n".join(block.lines))
    return f"match None:\n{textwrap.indent(code, '    ')}" if code.startswith("case ") else code


def undefined(code: str) -> set[str]:
    """Return the names that code uses and has not made."""
    module = symtable.symtable(code, "page", "exec")
    tables, used = [module], set()
    while tables:
        table = tables.pop()
        tables += table.get_children()
        for symbol in table.get_symbols():
            is_outside = symbol.is_global() or table is module
            if is_outside and symbol.is_referenced():
                used.add(symbol.get_name())
    return used - made_in(code)


def made_in(code: str) -> set[str]:
    """Return the names that code makes at its top level."""
    symbols = symtable.symtable(code, "page", "exec").get_symbols()
    return {symbol.get_name() for symbol in symbols if symbol.is_assigned() or symbol.is_imported()}


def names_in_steps(page: str) -> set[str]:
    """Return all names in the steps that a page shows."""
    text = (pages.TUTORIAL / page).read_text(encoding="utf-8")
    found: set[str] = set()
    for step in set(re.findall(r"steps/\w+\.py", text)):
        for node in ast.walk(ast.parse((pages.TUTORIAL / step).read_text(encoding="utf-8"))):
            for field in ("id", "name", "arg", "asname"):
                found.add(getattr(node, field, None) or "")
    return found


@pytest.mark.parametrize("block", python_blocks(), ids=lambda block: block.place)
def test_code_on_a_page_is_a_sketch_and_no_copy(block: pages.Block) -> None:
    """What is in a file is shown from there, so that it cannot be another."""
    assert len(block.lines) <= LONGEST_SKETCH
    lines = [line.strip() for line in block.lines if line.strip()]
    for path in sorted(pages.TUTORIAL.glob("*/*.py")):
        there = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
        there = [line for line in there if line]
        runs = {tuple(there[n : n + PASTED]) for n in range(len(there) - PASTED + 1)}
        mine = {tuple(lines[n : n + PASTED]) for n in range(len(lines) - PASTED + 1)}
        assert not runs & mine, f"it stands in {path.name}"


PROGRAMS = [b for b in python_blocks() if any(o.kind == "tab-item" for o in b.within)]


@pytest.mark.parametrize("block", PROGRAMS, ids=lambda block: block.place)
def test_what_stands_beside_rust_runs(block: pages.Block) -> None:
    """It is short, but it is a whole program."""
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", "\n".join(block.lines)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "code",
    ["print(mesage)", "def f():\n    return lock", "class A(B): pass", "with Server() as s: ..."],
)
def test_an_undefined_name_is_found(code: str) -> None:
    """The test of the test."""
    assert undefined(code) - set(dir(builtins))
