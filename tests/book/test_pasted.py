"""What a page says to Python can be copied there, and pasted into a Python that waits for it.

Rule: it is a real one, on a terminal. A block is pasted as the button beside it copies it.
"""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path

import pages
import pytest
from clients import PATIENCE, wait_for
from shell import Shell

PAGES = [path for path in pages.pages() if any(b.kind == "pycon" for b in pages.blocks(path))]
LAST = "the end of " + "what was pasted"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it needs a terminal")


@pytest.fixture(scope="module")
def prompt() -> re.Pattern[str]:
    """What the button takes for a prompt: a line without one is output, and stays behind."""
    return re.compile(
        "^(" + runpy.run_path(pages.TUTORIAL / "conf.py")["copybutton_prompt_text"] + ")"
    )


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_all_blocks_of_a_page_can_be_pasted_one_after_the_other(path: Path, prompt) -> None:
    with Shell(pages.TOP) as shell:
        shell.type(f"{sys.executable} -q")
        shell.shows(">>> ")
        for number, block in enumerate(b for b in pages.blocks(path) if b.kind == "pycon"):
            copied = [prompt.sub("", line) for line in block.lines if prompt.match(line)]
            printed = [line for line in block.lines if line and not prompt.match(line)]
            before = len(shell.read())
            shell.type("\n".join([*copied, f"print('the end of', 'what was pasted', {number})"]))
            wait_for(lambda: f"{LAST} {number}" in shell.read(), patience=PATIENCE)  # noqa: B023
            lines = shell.read()[before:].splitlines()
            assert not [line for line in lines if "Error" in line], "\n".join(lines)
            assert [line for line in lines if line in printed] == printed
