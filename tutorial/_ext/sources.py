"""`{source}`: a link to a file of this repository, or to a function in it, as a page of its own.

    {source}`msgproxy/broker.py`, {source}`msgproxy/broker.py:Broker.handle`,
    {source}`the broker <msgproxy/broker.py>`

Rule: whatever the tutorial talks about can be read in it. A name that is not in the file, or a
file that is not there, is reported when the pages are built.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from pygments.lexers import find_lexer_class_for_filename
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.pycode import ModuleAnalyzer
from sphinx.util import logging
from sphinx.util.docutils import ReferenceRole

FILE_NAME = re.compile(r"\w\.\w|/")
"""What makes a title the name of a file, rather than words."""

log = logging.getLogger(__name__)


class Source(ReferenceRole):
    """The role: a path from the top of the repository, and after a colon a function or class."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return a link whose address is known when the page is written."""
        path, _, name = self.target.partition(":")
        file = self.env.srcdir.parent / path
        anchor = ""
        if not file.is_file():
            log.warning("no such file: %s", path, location=self.get_location())
        elif name:
            anchor = self.anchor(file, name)
        self.env.note_dependency(file)
        pages(self.env).setdefault(self.env.docname, set()).add(path)
        title = self.title if self.has_explicit_title else name or path
        link = pending_xref("", reftype="source", refdomain="", reftarget=path, anchor=anchor)
        is_code = not self.has_explicit_title or FILE_NAME.search(title)
        link += nodes.literal(title, title) if is_code else nodes.inline(title, title)
        return [link], []

    def anchor(self, file: Path, name: str) -> str:
        """Return the anchor of the line where a function or class begins."""
        tags = ModuleAnalyzer.for_file(file, file.stem).find_tags()
        if name not in tags:
            log.warning("no %s in %s", name, file.name, location=self.get_location())
            return ""
        return f"#line-{tags[name][1]}"


def pages(env: BuildEnvironment) -> dict[str, set[str]]:
    """Return which files each page links to."""
    if not hasattr(env, "msgproxy_sources"):
        env.msgproxy_sources = {}
    linked: dict[str, set[str]] = env.msgproxy_sources
    return linked


def forget(_app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Forget the links of a page that is read again."""
    pages(env).pop(docname, None)


def merge(_app: Sphinx, env: BuildEnvironment, docnames: Any, other: BuildEnvironment) -> None:
    """Take over what another process has read."""
    pages(env).update({name: pages(other)[name] for name in docnames if name in pages(other)})


def resolve(
    app: Sphinx, _env: BuildEnvironment, node: pending_xref, content: nodes.Node
) -> nodes.reference | None:
    """Fill in the address."""
    if node["reftype"] != "source":
        return None
    address = app.builder.get_relative_uri(node["refdoc"], f"source/{node['reftarget']}")
    return nodes.reference("", "", content, refuri=address + node["anchor"], internal=True)


def collect(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Make a page of each file that is linked to."""
    for path in sorted(set().union(*pages(app.env).values())):
        file = app.srcdir.parent / path
        if file.is_file():
            code = app.builder.highlighter.highlight_block(
                file.read_text(encoding="utf-8"),
                language_of(path),
                linenos="inline",
                lineanchors="line",
                anchorlinenos=True,
            )
            heading = f'<h1><code class="literal">{path}</code></h1>'
            body = f'{heading}<div class="source-file">{code}</div>'
            yield f"source/{path}", {"title": path, "body": body}, "page.html"


def language_of(path: str) -> str:
    """Return how to highlight a file. Those that end in `.conf` are all for nginx here."""
    if path.endswith(".conf"):
        return "nginx"
    lexer = find_lexer_class_for_filename(path)
    return str(lexer.aliases[0]) if lexer else "text"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the role, and the pages."""
    app.add_role("source", Source())
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("missing-reference", resolve)
    app.connect("html-collect-pages", collect)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
