"""`level`: a level that is played on the page; `levels`: all of them, to choose from; `plays`:
what the command says of one.

    ```{level} two_join
    ```

    ```{levels}
    02-threads | who_is_first
    03-shared  | two_join the_set_changes
    ```

    ```{plays} two_join --check
    ```

It is `tutorial/levels/two_join.py` that real threads go through while the pages are built, and
`python -m tutorial.play two_join --json` that prints what they did. Without scripts a page shows
the code, the promise, the counts, and one order that breaks the promise.

Rule: a page shows only what has happened. Counts that differ from those in the file of the level,
or a level that has grown too large, fail the build.
"""

from __future__ import annotations

import html
import json
from typing import Any, ClassVar

from docutils import nodes
from runs import Runs, level_program
from sphinx.application import Sphinx
from sphinx.highlighting import PygmentsBridge

SCRIPTS = ("graph.js", "dom.js", "map.js", "view.js", "player.js", "levels.js")
MOST = 300_000
"""Bytes that the graph of a level may have."""


class LevelNode(nodes.paragraph):
    """A level in HTML; and in any other format its promise."""


class LevelDirective(Runs):
    """The name of a level."""

    final_argument_whitespace = False
    option_spec: ClassVar = {}

    def run(self) -> list[nodes.Node]:
        """Return the level."""
        return [self.level(self.arguments[0])]

    def level(self, name: str, chapter: str = "") -> LevelNode:
        """Have a level explored, or remember what came of it."""
        top = self.env.srcdir.parent
        if not (top / "tutorial" / "levels" / f"{name}.py").is_file():
            raise self.error(f"no such level: {name}")
        printed = self.output(level_program(name, "--json"))
        if len(printed.encode()) > MOST:
            raise self.error(f"the graph of {name} has more than {MOST} bytes")
        data = json.loads(printed)
        node = LevelNode(data["promise"], data["promise"], data=data, chapter=chapter)
        node["docname"] = self.env.docname
        self.set_source_info(node)
        return node


class Plays(LevelDirective):
    """A level, and what the command should do with it."""

    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Return a console with the command and what came of it."""
        arguments = self.arguments[0].split()
        output = self.output(level_program(*arguments))
        text = f"$ python -m tutorial.play {' '.join(arguments)}\n{output}"
        return [nodes.literal_block(text, text, language="console", classes=["runs"])]


class Levels(LevelDirective):
    """All levels, by chapter."""

    required_arguments = 0
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the levels, in a box from which the player chooses one."""
        box = nodes.container(classes=["levels"])
        for line in self.content:
            chapter, _, names = line.partition("|")
            if chapter.strip() not in self.env.found_docs:
                raise self.error(f"no such chapter: {chapter.strip()}")
            box += [self.level(name, chapter.strip()) for name in names.split()]
        named = {node["data"]["id"] for node in box.children}
        folder = self.env.srcdir / "levels"
        if left_out := {path.stem for path in folder.glob("*.py")} - named:
            raise self.error(f"not in the list: {', '.join(sorted(left_out))}")
        return [box]


def visit_html(translator: Any, node: LevelNode) -> None:
    """Write a level as it is without scripts, and the graph for the scripts."""
    data = node["data"]
    builder = translator.builder
    links = {"play": builder.get_relative_uri(node["docname"], "play")}
    if node["chapter"]:
        links["chapter"] = builder.get_relative_uri(node["docname"], node["chapter"])
        data = {**data, "chapter": builder.env.titles[node["chapter"]].astext()}
    # `</` would end the script; in a text of JSON, `<\/` is the same.
    graph = json.dumps({**data, "links": links}, ensure_ascii=False).replace("</", "<\\/")
    text = html.escape
    title = text(data["title"])
    translator.body.append(
        f'<section class="level" id="level-{data["id"]}" aria-label="Level: {title}">\n'
        f'<p class="level-title">{title}</p>\n'
        f'<p class="level-story">{text(data["story"])}</p>\n'
        f'<p class="level-promise"><strong>The promise:</strong> {text(data["promise"])}</p>\n'
        f'<div class="level-stage">{code(data, translator.highlighter)}</div>\n'
        f"{answer(data)}\n"
        f'<script type="application/json">{graph}</script>\n</section>\n'
    )
    raise nodes.SkipNode


def code(data: dict[str, Any], highlighter: PygmentsBridge) -> str:
    """Return the code of a level, each line in an element of its own."""
    figures = []
    for block in data["code"]:
        source = "\n".join(line for _, line in block["lines"])
        marked = highlighter.highlight_block(source, "python", nowrap=True).split("\n")
        lines = "".join(
            f'<span class="level-line" data-line="{number}"><span class="level-number">{number}'
            f"</span><span>{line or ' '}</span></span>"
            for (number, _), line in zip(block["lines"], marked, strict=False)
        )
        figures.append(
            f'<figure class="level-code"><figcaption>{html.escape(block["title"])}</figcaption>'
            f'<div class="highlight" tabindex="0" role="group" aria-label="code">'
            f"<pre>{lines}</pre></div></figure>"
        )
    return "".join(figures)


def answer(data: dict[str, Any]) -> str:
    """Return what without scripts is a dropdown: the counts, and one order that breaks it."""
    orders, broken, count = data["orders"], data["broken"], len(data["nodes"])
    steps = "".join(
        f"<li><strong>{html.escape(name)}</strong> {number}: <code>{html.escape(line)}</code></li>"
        for name, number, line in data["example"]
    )
    way = f"<p>One of them:</p><ol>{steps}</ol>" if broken else ""
    return (
        '<details class="level-answer"><summary>The answer</summary>'
        f"<p>{orders:,} orders through {count:,} states; {broken:,} of them break the promise.</p>"
        f"{way}<p>{html.escape(data['lesson'])}</p></details>"
    )


def add_scripts(app: Sphinx, _: str, __: str, context: Any, doctree: nodes.document | None) -> None:
    """Load the player on pages that have a level, and on no others."""
    if doctree is not None and next(doctree.findall(LevelNode), None):
        app.add_css_file("play/play.css")
        for script in SCRIPTS:
            app.add_js_file(f"play/{script}", loading_method="defer")
        context["body_class"] = "has-levels"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    app.add_node(LevelNode, html=(visit_html, None))
    app.add_directive("level", LevelDirective)
    app.add_directive("levels", Levels)
    app.add_directive("plays", Plays)
    app.connect("html-page-context", add_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
