"""`ladder`: the chapters, each with what it brings and what still fails then; and the sidebar.

    ```{ladder}
    :unfinished:
    01-echo | An echo in twenty lines | the second client waits
    ```

Rule: this is the one list of the chapters, in their order. With `unfinished` a chapter that is
not written yet has no link; without, it is reported.
"""

from __future__ import annotations

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
        for number, (page, brings, fails) in enumerate(rungs):
            title = f"[{brings}](/{page}.md)" if self.is_there(page) else brings
            mark = f"{number}. "
            text += [f"{mark}**{title}**", ""]
            text += [" " * len(mark) + fails, ""] if fails else []
        container = nodes.container()
        self.state.nested_parse(StringList(text), self.content_offset, container)
        pages = [page for page, *_ in rungs if page in self.env.found_docs]
        toctree = ["```{toctree}", ":hidden:", ":caption: The path", "", *pages, "```"]
        if pages:
            self.state.nested_parse(StringList(toctree), self.content_offset, container)
        return container.children

    def is_there(self, page: str) -> bool:
        """Tell whether a chapter can be linked to."""
        return page in self.env.found_docs or "unfinished" not in self.options


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("ladder", Ladder)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
