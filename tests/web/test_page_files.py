"""The files of the demo page: `index.html` lists them, and its order is the one they rely on.

No browser is needed here. The browser would notice as well, but not say which file is wrong.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

import pytest

from msgproxy.web.page import EXPORT, IMPORT, PAGE, SCRIPT, STYLE

WEB = Path(__file__).parents[2] / "msgproxy" / "web"
INDEX = (WEB / "index.html").read_text(encoding="utf-8")
SCRIPTS = SCRIPT.findall(INDEX)
KINDS = (".html", ".css", ".js")
FILES = sorted(path for path in WEB.rglob("*") if path.suffix in KINDS)

IMPORTED = re.compile(r'^import \{([^}]+)\} from "(\.{1,2}/[\w./]+)";$', re.MULTILINE)
DECLARED = re.compile(r"^(export )?(?:const|let|function|async function|class) (\w+)", re.MULTILINE)


def declared(file: str, *, exported: bool = False) -> list[str]:
    """List the names at the top level of a script, or only those that others may import."""
    found = DECLARED.findall((WEB / file).read_text(encoding="utf-8"))
    return [name for export, name in found if export or not exported]


def test_every_file_is_listed_once() -> None:
    """Opening `index.html` explains the structure: what is not listed there is not in the page."""
    listed = ["index.html", *STYLE.findall(INDEX), *SCRIPTS]
    assert sorted(listed) == sorted(path.relative_to(WEB).as_posix() for path in FILES)


@pytest.mark.parametrize("file", SCRIPTS)
def test_a_script_imports_what_earlier_ones_export(file: str) -> None:
    """So the scripts can be read in their order, and none runs before what it uses is there."""
    earlier = SCRIPTS[: SCRIPTS.index(file)]
    for names, address in IMPORTED.findall((WEB / file).read_text(encoding="utf-8")):
        source = posixpath.normpath(posixpath.join(posixpath.dirname(file), address))
        assert source in earlier
        assert set(re.findall(r"\w+", names)) <= set(declared(source, exported=True))


def test_a_name_is_taken_by_one_script_only() -> None:
    """They become one module, where a second declaration is an error and no script runs at all."""
    names = [name for file in SCRIPTS for name in declared(file)]
    assert sorted(names) == sorted(set(names))


def test_nothing_is_left_to_import_or_to_load() -> None:
    """What is served is complete: no import, no export, no tag that names a file."""
    page = PAGE.decode()
    assert not re.search(r"^\s*(?:import|export)\b", page, re.MULTILINE)
    for pattern in (IMPORT, EXPORT, SCRIPT, STYLE):
        assert not pattern.search(page)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_line_fits_the_screen(path: Path) -> None:
    """Ruff sees to it in Python; in the page's files this test does: 100 columns."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        assert len(line) <= 100, f"line {number}"
