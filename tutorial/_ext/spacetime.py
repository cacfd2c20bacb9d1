"""`spacetime`: a run of real threads, drawn while the pages are built.

    ```{spacetime} s03_frozen
    :alt: Thread 1 stands in send, and so does thread 3.
    :caption: One client does not read, and nobody hears anybody any more.
    :timeout: 60
    ```

`tutorial/figures/s03_frozen.py` runs, and prints its picture, an SVG. You can run it by hand, too.

Rule: a picture shows what has just happened. A run in which it did not happen ends with an error,
and fails the build.
"""

from __future__ import annotations

import re
from typing import ClassVar
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from docutils import nodes
from docutils.parsers.rst import directives
from results import PATIENCE, Program
from runs import Runs, picture_program
from sphinx.application import Sphinx


class SpaceTimeNode(nodes.paragraph):
    """A picture in HTML; and in any other format its text alternative."""


class SpaceTime(Runs):
    """The name of a program in `tutorial/figures`; its output is kept as that of others is."""

    final_argument_whitespace = False
    option_spec: ClassVar = {
        "alt": directives.unchanged_required,
        "caption": directives.unchanged_required,
        "timeout": directives.positive_int,
    }

    def run(self) -> list[nodes.Node]:
        """Return a figure: the picture in a box of its own, and a caption below it."""
        if "alt" not in self.options:
            raise self.error("a picture needs an :alt:, for who does not see it")
        name = self.arguments[0]
        program = picture_program(name, self.options.get("timeout", PATIENCE))
        if not (self.env.srcdir.parent / program.command[-1]).is_file():
            raise self.error(f"no such run: {name}")
        alt = " ".join(self.options["alt"].split())
        picture = SpaceTimeNode(alt, alt, svg=self.picture(program), alt=alt)
        figure = nodes.figure("", picture, classes=["spacetime"])
        if "caption" in self.options:
            words, problems = self.state.inline_text(self.options["caption"], self.lineno)
            figure += [nodes.caption(self.options["caption"], "", *words), *problems]
        self.set_source_info(figure)
        return [figure]

    def picture(self, program: Program) -> str:
        """Return what the run prints, if that is one SVG element and nothing else."""
        output = self.output(program).strip()
        try:
            tag = ElementTree.fromstring(output).tag
        except ElementTree.ParseError:
            tag = ""
        if not tag.endswith("}svg"):
            raise self.error(f"{program} prints more than a picture, or none: {output[:300]}")
        return output


def visit_html(translator, node: SpaceTimeNode) -> None:  # type: ignore[no-untyped-def]
    """Write the picture into the page, so that it follows the theme.

    Its name is the alternative; what it tells by itself, message by message, is its description.
    """
    alt = quoteattr(node["alt"])
    svg = re.sub(
        r' aria-labelledby="\S+ (\S+)"',
        lambda found: f' aria-label={alt} aria-describedby="{found[1]}"',
        node["svg"],
        count=1,
    )
    # A box that scrolls has to be reachable by the keyboard.
    translator.body.append(
        f'<div class="scrolls" tabindex="0" role="group" aria-label="picture">{svg}</div>\n'
    )
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_node(SpaceTimeNode, html=(visit_html, None))
    app.add_directive("spacetime", SpaceTime)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
