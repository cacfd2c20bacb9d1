"""What the README refers to is there, and the programs of the page on Python run."""

from __future__ import annotations

import os
import re
import shutil
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


STAND_INS = """#!/bin/sh
mkdir -p .venv/bin
for program in pip sphinx-build python; do
    printf '#!/bin/sh\\necho "%s $*" >> "$LOG"\\n' $program > .venv/bin/$program
    chmod +x .venv/bin/$program
done
"""
"""A `python3` that makes an environment whose programs only note that they were called."""


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are shell scripts")
@pytest.mark.parametrize(
    ("part", "last"),
    [("pages", "sphinx-build .* tutorial tutorial/_build/html"), ("tests", "python -m pytest")],
)
def test_a_part_of_the_ci_is_the_whole_line_of_the_readme(part, last, tmp_path):
    """Of the line that builds the pages, all but the browser that shows them."""
    for name in (".ci/run", "README.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    python = tmp_path / "bin" / "python3"
    python.parent.mkdir()
    python.write_text(STAND_INS)
    python.chmod(0o755)
    log = tmp_path / "log"
    env = {**os.environ, "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}
    command = [tmp_path / ".ci" / "run", part]
    subprocess.run(command, env={**env, "LOG": str(log)}, check=True, timeout=PROGRAM_PATIENCE)
    *_, install, called = log.read_text(encoding="utf-8").splitlines()
    assert install.startswith("pip install")
    assert re.fullmatch(last, called)
