"""No circle of imports anywhere, and no long file: the package, tests, tutorial and notebooks."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TOP = Path(__file__).parent.parent
FOLDERS = ("msgproxy", "tests", "tutorial", "notebooks")
FILES = sorted(
    path
    for folder in FOLDERS
    for path in (TOP / folder).rglob("*.py")
    if not {"_build", ".ipynb_checkpoints"} & set(path.parts)
)


def by_name() -> dict[str, list[Path]]:
    """Return the files by every name under which another file may import them.

    A file can be imported by its full name, and by less of it from a folder that is in `sys.path`.
    """
    found: dict[str, list[Path]] = {}
    for path in FILES:
        parts = path.relative_to(TOP).with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        for start in range(len(parts)):
            found.setdefault(".".join(parts[start:]), []).append(path)
    return found


NAMES = by_name()


def imported(path: Path) -> set[Path]:
    """Return the files that a file imports when it is imported: what is nested comes later."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            names = {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules = {f"{node.module}.{alias.name}" for alias in node.names}
            names = (modules & NAMES.keys()) or {node.module}
        else:
            continue
        for name in names:
            found |= nearest(path, NAMES.get(name, []))
    return found - {path}


def nearest(path: Path, candidates: list[Path]) -> set[Path]:
    """Of several files of one name, choose those with the longest way in common with the importer.

    As when a program runs: its own folder is the first in `sys.path`.
    """

    def shared(other: Path) -> int:
        pairs = zip(path.parts, other.parts, strict=False)
        return sum(1 for mine, theirs in pairs if mine == theirs)

    best = max(map(shared, candidates), default=0)
    return {other for other in candidates if shared(other) == best}


def circle(graph: dict[Path, set[Path]]) -> list[Path]:
    """Return the files of one circle; [] if there is none."""
    done: set[Path] = set()

    def search(path: Path, way: list[Path]) -> list[Path]:
        if path in way:
            return way[way.index(path) :]
        if path in done:
            return []
        done.add(path)
        found = (search(other, [*way, path]) for other in sorted(graph.get(path, ())))
        return next((one for one in found if one), [])

    return next((one for path in graph if (one := search(path, []))), [])


def test_there_is_no_circle_of_imports():
    """Two modules that need each other are one, or lack a third that both can import."""
    found = circle({path: imported(path) for path in FILES})
    names = [str(path.relative_to(TOP)) for path in found]
    assert not found, f"a circle of imports: {' -> '.join(names)}"


def test_a_circle_would_be_found():
    """Also a long one, beside files that are in none."""
    a, b, c, d = (Path(name) for name in "abcd")
    assert circle({a: {b, d}, b: {c}, c: {b}, d: set()}) == [b, c]
    assert circle({a: {b, c}, b: {c}, c: set()}) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TOP)))
def test_a_file_has_less_than_300_lines(path: Path):
    """Tests and programs of the tutorial are read as well."""
    assert len(path.read_text(encoding="utf-8").splitlines()) < 300
