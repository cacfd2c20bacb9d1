"""What to run is unmistakable, and what comes of it does not spoil a prediction.

Rule: this looks at the pages as they are written.
"""

from __future__ import annotations

import re
from pathlib import Path

import pages
import pytest

CHAPTERS = [name for name in pages.chapters() if name not in ("14-rust", "beyond")]
PAGES = [pages.TUTORIAL / f"{name}.md" for name in (*CHAPTERS, "exercises", "bugs", "teachers")]

BOXES = {"run", "see", "fails", "exercise"}
"""The classes of boxes that say what a command is for."""

by_page = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)


@by_page
def test_every_command_is_in_a_box_that_says_what_to_do(path: Path) -> None:
    commands = [b for b in pages.blocks(path) if b.kind in ("console", "pycon", "runs")]
    assert [block.place for block in commands if not block.classes() & BOXES] == []


@by_page
def test_what_is_printed_after_a_prediction_is_folded(path: Path) -> None:
    """The next run below a question, in the same section, shows its output after a click only."""
    headings = [
        number
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.match("#+ ", line)
    ]
    blocks = pages.blocks(path)
    for question in (b for b in blocks if b.options.get("class") == "predict"):
        end = next((n for n in headings if n > question.number), question.number)
        runs = [b for b in blocks if b.kind == "runs" and question.number < b.number < end]
        assert not runs or "folded" in runs[0].options, f"{runs[0].place} gives the answer away"
        shown = [b for b in blocks if b.kind == "console" and question.number < b.number < end]
        assert all(is_folded(block) or has_only_commands(block) for block in shown), question.place


def is_folded(block: pages.Block) -> bool:
    return any(outer.kind == "dropdown" for outer in block.within)


def has_only_commands(block: pages.Block) -> bool:
    """Say whether it shows what is typed, and at most that a server is ready."""
    return all(line.startswith(("$ ", "ready: ", "msgproxy is ready: ")) for line in block.lines)
