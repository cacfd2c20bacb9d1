"""What the tests of the package's own lines share: a scene, how its orders end, broken source.

Each scene steps the package's own source, on top of Python's own `queue.Queue`, which is stepped
too. Of each object a broken variant is explored as well, and has to be found: its source with a
few words changed. If those words are no longer in the source, the test says so.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib.util
from pathlib import Path

import play.imports
import pytest
from play.explore import explore
from play.weave import weave

MARKS = [pytest.mark.extra("lines of the package"), pytest.mark.timeout(600)]

ITEM = """
class Item:
    def __init__(self, name, size=1, is_last=False):
        self.name, self.size, self.is_last = name, size, is_last
        self.items = (name,)

    def _replace(self, number):
        return Item(number)

"""


def failures(scene, *stepped):
    """Explore a scene with modules of the package. Return how its orders end."""
    graph = explore(dataclasses.replace(scene, stepped=stepped), limit=20_000)
    return {end.failure for end in graph.ends()}


@pytest.fixture
def broken(monkeypatch):
    """Change a few words in the source of a module, for the explorer only."""

    def change(module, words, others):
        path = Path(importlib.util.find_spec(module).origin)
        source = path.read_text(encoding="utf-8")
        assert words in source, f"no longer in {module}: {words}"
        variant = weave(source.replace(words, others), path.name)
        woven = play.imports.woven_module

        def woven_module(name):
            return variant if name == module else woven(name)

        monkeypatch.setattr(play.imports, "woven_module", functools.cache(woven_module))

    return change
