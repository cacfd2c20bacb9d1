"""Small books for Sphinx, written by a test and really built. A test module imports the fixtures.

Rule: each build is a process of its own, with a deadline, in a folder of the test's own.
"""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("sphinx")

TOP = Path(__file__).parents[2]
DEADLINE = 200
"""Seconds for one build, which takes a few on a machine that has nothing else to do."""

CONF = f"""
import sys
sys.path.insert(0, {str(TOP / "tutorial" / "_ext")!r})
extensions = ["myst_parser", "sphinx_design",
              "generated", "ladder", "references", "runs", "sources", "stepdiff"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "attrs_block"]
nitpicky = True
"""

Build = Callable[..., str]


@pytest.fixture(name="book")
def checkout(tmp_path: Path) -> Path:
    """A checkout with an empty tutorial in it."""
    (tmp_path / "tutorial").mkdir()
    (tmp_path / "tutorial" / "conf.py").write_text(CONF)
    return tmp_path


@pytest.fixture(name="build")
def builder_of(book: Path) -> Build:
    """Write a home page, build it, and return what came out: `build("text")`.

    `build("text", fails="reason")` wants the build to fail, and returns what it said.
    """

    def build_it(page: str, *, builder: str = "html", fails: str = "") -> str:
        index = book / "tutorial" / "index.md"
        if not index.exists() or index.read_text() != f"# Home\n\n{page}\n":
            index.write_text(f"# Home\n\n{page}\n")
        out = book / "tutorial" / "_build" / builder
        done = subprocess.run(
            [sys.executable, "-m", "sphinx", "-W", "-q", "-b", builder, "tutorial", str(out)],
            cwd=book,
            env={**os.environ, "PYTHONPATH": str(TOP)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=DEADLINE,
            check=False,
        )
        assert bool(done.returncode) == bool(fails), done.stdout
        if fails:
            assert fails in done.stdout
            return done.stdout
        return (out / f"index.{'txt' if builder == 'text' else 'html'}").read_text()

    return build_it


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)


def shown(page: str, tag: str, start: str = "") -> list[str]:
    """Return the texts of all elements of a kind."""
    found = re.findall(rf"<{tag}\b([^>]*)>(.*?)</{tag}>", page, flags=re.DOTALL)
    return [
        html.unescape(re.sub("<[^>]+>", "", text)).rstrip("\n")
        for attributes, text in found
        if start in attributes
    ]
