"""`readme`: a section of README.md, so that what it says is written once.

    ```{readme} Where is what
    :column: read on in
    msgproxy/broker.py: 06-broker, 13-package
    ```

Rule: nothing is reworded. Links to files become links to their pages; and a table can get a
column of chapters, by the file that a row links to first.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

LINK = re.compile(r"(?<!!)\[`?([^\]`]+)`?\]\((?!https?:|#)([^)]+)\)")
"""A link to a file; not one to another site, and no picture."""


class Readme(SphinxDirective):
    """The section under a heading, without the heading."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar = {"column": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """Return what the section says."""
        file = self.env.srcdir.parent / "README.md"
        self.env.note_dependency(file)
        lines = section(file, self.arguments[0])
        if not lines:
            raise self.error(f"README.md has no section {self.arguments[0]!r}")
        if "column" in self.options:
            self.env.note_reread()  # for chapters that come and go
            lines = self.with_column(lines)
        text = LINK.sub(r"{source}`\1 <\2>`", "\n".join(lines))
        container = nodes.container(classes=["from-readme"])
        self.state.nested_parse(StringList(text.splitlines(), str(file)), 0, container)
        return [container]

    def with_column(self, lines: list[str]) -> list[str]:
        """Add what the directive's lines tell about each row; report lines about none."""
        chapters = dict(re.split(r"\s*:\s*", line, maxsplit=1) for line in self.content if line)
        result = []
        for line in lines:
            link = LINK.search(line)
            if line.startswith("|---"):
                line += "---|"
            elif line.startswith("|") and not link:
                line += f" {self.options['column']} |"
            elif line.startswith("|") and link:
                line += f" {self.links(chapters.pop(link[2], ''))} |"
            result.append(line)
        if chapters:
            raise self.error(f"no row of README.md begins with a link to: {', '.join(chapters)}")
        return result

    def links(self, chapters: str) -> str:
        """Return links to those of these chapters that are written."""
        names = [name.strip() for name in chapters.split(",")]
        return ", ".join(f"[](/{name}.md)" for name in names if name in self.env.found_docs)


def section(file: Path, title: str) -> list[str]:
    """Return the lines between a heading and the next one."""
    result: list[str] = []
    inside = is_code = False
    for line in file.read_text(encoding="utf-8").splitlines():
        is_code ^= line.startswith("```")
        if re.match("#+ ", line) and not is_code:
            inside = line.lstrip("# ") == title
        elif inside:
            result.append(line)
    return result


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("readme", Readme)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
