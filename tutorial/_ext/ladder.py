"""`ladder`: the chapters, each with what it brings and what still fails then; and the sidebar.

    ```{ladder}
    :unfinished:
    01-echo | An echo in twenty lines | the second client waits
    ```

Rule: this is the one list of the chapters, in their order. With `unfinished` a chapter that is
not written yet has no link; without, it is reported. The number of a chapter is in its name.
"""

from __future__ import annotations

import re
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class Ladder(SphinxDirective):
    """Lines of three parts: the page, what it brings, what fails at its end."""

    has_content = True
    option_spec: ClassVar = {"unfinished": directives.flag}

    def run(self) -> list[nodes.Node]:
        """Return the list, and an invisible table of contents for the sidebar."""
        self.env.note_reread()  # for chapters that come and go
        rungs = [[part.strip() for part in line.split("|")] for line in self.content if line]
        if any(len(rung) != 3 for rung in rungs):
            raise self.error("a rung has three parts: page | what it brings | what fails")
        text = [":::{rst-class} ladder", ":::"]
        for page, brings, fails in rungs:
            title = f"[{brings}](/{page}.md)" if self.is_there(page) else brings
            text += [f"1. **{title}**", "", *([f"   {fails}", ""] if fails else [])]
        container = nodes.container()
        self.state.nested_parse(StringList(text), self.content_offset, container)
        self.number(container, [page for page, *_ in rungs])
        pages = [page for page, *_ in rungs if page in self.env.found_docs]
        toctree = ["```{toctree}", ":hidden:", ":caption: The path", "", *pages, "```"]
        if pages:
            self.state.nested_parse(StringList(toctree), self.content_offset, container)
        return container.children

    def number(self, container: nodes.container, pages: list[str]) -> None:
        """Write the number of each chapter before its title: `9a` for `09a-frames`."""
        before = -1
        for item, page in zip(container.findall(nodes.list_item), pages, strict=True):
            match = re.match(r"0*(\d+)([a-z]?)-", page)
            before = int(match[1]) if match else before + 1
            number = f"{before}{match[2] if match else ''}"
            item[0].insert(0, nodes.inline(number, number, classes=["rung"]))

    def is_there(self, page: str) -> bool:
        """Tell whether a chapter can be linked to."""
        return page in self.env.found_docs or "unfinished" not in self.options


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("ladder", Ladder)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
