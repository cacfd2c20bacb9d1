"""The reference pages: words that are used, names that can be imported, and no gaps."""

from __future__ import annotations

import importlib
import json
import re

import pages
import pytest

import msgproxy

REFERENCE = pages.TUTORIAL / "reference"
API = (REFERENCE / "api.md").read_text(encoding="utf-8")

TERMS = re.findall(
    r"^(\w[\w '-]*)$", (REFERENCE / "glossary.md").read_text(encoding="utf-8"), re.MULTILINE
)


@pytest.mark.parametrize("term", TERMS)
def test_a_page_leads_to_each_word_of_the_glossary(term: str) -> None:
    """So a reader meets it where it is first needed, and no entry is left over."""
    texts = [p.read_text(encoding="utf-8") for p in pages.pages() if p.name != "glossary.md"]
    leads = re.compile(rf"\{{term\}}`([^`]*<)?{term}>?`", re.IGNORECASE)
    assert any(leads.search(" ".join(text.split())) for text in texts)


def imported(code: str) -> set[tuple[str, str]]:
    """Return what code imports from the package: the module, and the name."""
    return {
        (module, name.strip())
        for module, names in re.findall(r"^ *from (msgproxy[\w.]*) import ([\w, ]+)$", code, re.M)
        for name in names.split(",")
    }


def test_whatever_learners_import_is_on_the_api_page() -> None:
    """That is all public names, and what notebooks and pages import."""
    used = {("msgproxy", name) for name in msgproxy.__all__}
    for path in sorted((pages.TOP / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        used |= imported("\n".join("".join(cell["source"]) for cell in cells))
    for path in pages.pages():
        for block in pages.blocks(path):
            used |= imported("\n".join(block.lines)) if block.kind == "python" else set()
    for module, name in sorted(used):
        assert hasattr(importlib.import_module(module), name)
        row = rf"^\|.*\b{name}`.*\b{module.replace('.', '[./]')}(`|\.py)"
        assert re.search(row, API, re.MULTILINE), f"{name}, from {module}"
