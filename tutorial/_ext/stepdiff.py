"""`stepdiff`: what changes from one step to the next.

    ```{stepdiff} steps/step04_lock.py steps/step05_writers.py
    :pyobject: serve, forward
    :caption: who sends
    ```

Rule: both files are highlighted whole, and the diff only picks lines of them. So a line has its
right colours, whatever is around it in the diff.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from difference import Ranges, Row, compare, fold, is_in
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.directives.code import container_wrapper
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective


class StepDiffNode(nodes.literal_block):
    """Code in HTML; and in any other format its text, which is an ordinary diff."""


class StepDiff(SphinxDirective):
    """Two files of the tutorial, relative to the page; the second is shown."""

    required_arguments = 2
    option_spec: ClassVar = {
        "pyobject": directives.unchanged_required,
        "caption": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        """Return the block with its caption."""
        paths = [Path(self.env.relfn2path(argument)[1]) for argument in self.arguments]
        try:
            old, new = (path.read_text(encoding="utf-8") for path in paths)
        except OSError as error:
            raise self.error(f"no such step: {error.filename}") from error
        for path in paths:
            self.env.note_dependency(path)
        ranges = self.ranges(*paths)
        rows = fold(compare(old, new), lambda row: is_in(row, *ranges))
        if not rows:
            raise self.error("the two steps do not differ here")
        marks = {"del": "-", "ins": "+", "same": " ", "fold": ""}
        text = "\n".join(marks[row.kind] + row.text for row in rows)
        block = StepDiffNode(text, text, language="diff", rows=rows, old=old, new=new)
        caption = " → ".join(names(*paths))
        if "caption" in self.options:
            caption = f"{caption}: {self.options['caption']}"
        return [container_wrapper(self, block, caption)]

    def ranges(self, old: Path, new: Path) -> tuple[Ranges, Ranges]:
        """Return the lines of what is asked for, in both files; None stands for all."""
        if "pyobject" not in self.options:
            return None, None
        wanted = [name.strip() for name in self.options["pyobject"].split(",")]
        before, after = (ModuleAnalyzer.for_file(p, p.stem).find_tags() for p in (old, new))
        for name in wanted:
            if name not in before and name not in after:
                raise self.error(f"there is no {name} in either step")
        first, second = (
            [range(tags[name][1], tags[name][2] + 1) for name in wanted if name in tags]
            for tags in (before, after)
        )
        return first, second


def names(old: Path, new: Path) -> tuple[str, str]:
    """Return how to call two files: with their folders, if otherwise they have one name."""
    if old.name != new.name:
        return old.name, new.name
    return f"{old.parent.name}/{old.name}", f"{new.parent.name}/{new.name}"


def visit_html(translator, node: StepDiffNode) -> None:  # type: ignore[no-untyped-def]
    """Write the lines, highlighted as Python, as `<ins>`, `<del>` or plain ones."""

    def highlighted(text: str) -> list[str]:
        code = translator.highlighter.highlight_block(text, "python")
        return code.partition("<pre>")[2].partition("</pre>")[0].splitlines()

    old, new = highlighted(node["old"]), highlighted(node["new"])
    body = []
    for row in map(Row._make, node["rows"]):
        if row.kind == "fold":
            body.append(f'<span class="fold">{row.text}</span>')
        else:
            tag = "span" if row.kind == "same" else row.kind
            line = (old if row.kind == "del" else new)[row.number - 1]
            body.append(f"<{tag}>{line}\n</{tag}>")
    translator.body.append(
        '<div class="highlight-python stepdiff notranslate"><div class="highlight">'
        f"<pre>{''.join(body)}</pre></div></div>\n"
    )
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_node(StepDiffNode, html=(visit_html, None))
    app.add_directive("stepdiff", StepDiff)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
