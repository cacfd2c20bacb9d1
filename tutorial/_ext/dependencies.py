"""What the output of a program depends on: every file that it names or can import.

What counts is the word. A program with the word `lab` in it depends on `lab.py` beside it, whether
it says `import lab`, `import_module("lab")` or only speaks of it. To find too much costs a run; to
find too little would let a page show what is no longer so.

Rule: files do not change while one `Dependencies` is in use. Each is read once.
"""

from __future__ import annotations

import hashlib
import re
from functools import cached_property
from pathlib import Path

FOLDERS = ("tutorial/steps", "tutorial/comparison", "tutorial/levels")
"""Where programs find what they import or read, apart from their own folder and the package."""

PROGRAMS = (".py", ".ipynb")


class Dependencies:
    """The files of one checkout, from its top."""

    def __init__(self, top: Path) -> None:
        self._top = top
        self._words: dict[Path, frozenset[str]] = {}
        self._modules: dict[Path, dict[str, frozenset[Path]]] = {}
        self._hashes: dict[Path, str] = {}

    def files(self, command: tuple[str, ...]) -> list[Path]:
        """Return the files that a command names, those that these can import, and so on."""
        new = {self._top / word for word in command if (self._top / word).is_file()}
        new |= self._package_that_runs(command)
        places = [*{file.parent for file in new}, *(self._top / one for one in FOLDERS)]
        words = frozenset(re.findall(r"\w+", " ".join(command)))
        found: set[Path] = set()
        while new:
            found |= new
            words = words.union(*map(self._words_in, new))
            tables = list(map(self._modules_in, places))
            near = [table[word] for table in tables for word in words & table.keys()]
            new = set().union(*near) - found
        return sorted(found | (self._msgproxy if "msgproxy" in words else frozenset()))

    def hash(self, file: Path) -> str:
        """Return a hash of the place and the content of a file."""
        if file not in self._hashes:
            place = file.relative_to(self._top).as_posix().encode()
            self._hashes[file] = hashlib.sha256(place + b"\n" + file.read_bytes()).hexdigest()
        return self._hashes[file]

    @cached_property
    def _msgproxy(self) -> frozenset[Path]:
        """The package; it imports nothing from the tutorial, so only its files count."""
        return files_in(self._top / "msgproxy")

    def _package_that_runs(self, command: tuple[str, ...]) -> frozenset[Path]:
        if "-m" not in command or command[-1] == "-m" or "msgproxy" in command:
            return frozenset()
        name = command[command.index("-m") + 1]
        return files_in(self._top / name.replace(".", "/"))

    def _words_in(self, file: Path) -> frozenset[str]:
        if file not in self._words:
            text = file.read_text(encoding="utf-8") if file.suffix in PROGRAMS else ""
            self._words[file] = frozenset(re.findall(r"\w+", text))
        return self._words[file]

    def _modules_in(self, folder: Path) -> dict[str, frozenset[Path]]:
        """Return the modules and packages of a folder by name."""
        if folder not in self._modules:
            inside = list(folder.iterdir()) if folder.is_dir() else []
            packages = {one.name: files_in(one) for one in inside if one.is_dir()}
            modules = {one.stem: frozenset([one]) for one in inside if one.suffix == ".py"}
            self._modules[folder] = packages | modules
        return self._modules[folder]


def files_in(package: Path) -> frozenset[Path]:
    """Return all files of a package; none if it is no package."""
    if not any(package.glob("*.py")):
        return frozenset()
    return frozenset(
        file for file in package.rglob("*.*") if file.is_file() and "__pycache__" not in file.parts
    )
