"""What the README refers to is there, and the programs of the page on Python run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from clients import PROGRAM_PATIENCE

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
API = (ROOT / "tutorial" / "reference" / "api.md").read_text(encoding="utf-8")

PROGRAMS = re.findall(r"^```python\n(.*?)^```$", API, re.MULTILINE | re.DOTALL)
LINKS = re.findall(r'\]\((?!https:)([^)#]+)\)|(?:src|srcset)="([^"]+)"', TEXT)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_of_the_page_on_python_runs_as_it_stands(program, tmp_path):
    """And what its comments say is printed comes out."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PROGRAM_PATIENCE,
        check=True,
    )
    for printed in re.findall(r"^ +print\(.*\)  # (\w+)$", program, re.MULTILINE):
        assert printed in done.stdout.splitlines()
    if written := re.search(r'Path\("(.+?)"\)\.write_text', program):
        assert (tmp_path / written[1]).read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.parametrize("link", sorted({a or b for a, b in LINKS}))
def test_what_the_readme_refers_to_is_there(link):
    """Files of the repository; nothing on another host has to be there to read it."""
    assert (ROOT / link).exists()
