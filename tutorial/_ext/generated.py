"""Reference that writes itself: `commands` from the command line, `pitfalls` from a folder.

Rule: each says what the program or the folder says now. There is nothing to keep up to date.
"""

from __future__ import annotations

import argparse
import ast
import re
from functools import partial
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from msgproxy.cli import main

WIDTH = 76
"""Columns of the usage: it fits where the text is narrow too."""


CHAPTERS = re.compile(r"^Chapters: (.*)$", re.MULTILINE)
"""The line of a pitfall that says which chapters are about it."""

SYMPTOM = re.compile(r"^Symptom: (.*)\.$", re.MULTILINE)
"""The line that says by what it is found, in the words of somebody who has it: its title."""


class Generated(SphinxDirective):
    """A directive that makes sections of MyST."""

    def section(
        self, label: str, title: str, lines: list[str], *, is_code: bool = True
    ) -> nodes.section:
        """Return a section that others can refer to: `[](#label)`."""
        section = nodes.section(ids=[label])
        heading = nodes.literal(title, title) if is_code else nodes.Text(title)
        section += nodes.title("", "", heading)
        self.env.domains.standard_domain.note_hyperlink_target(
            label, self.env.docname, label, title
        )
        self.state.nested_parse(StringList(lines), self.content_offset, section)
        return section


class Commands(Generated):
    """All commands of `msgproxy`, with their options."""

    def run(self) -> list[nodes.Node]:
        """Return a section for each command."""
        for file in Path(main.__file__).parent.glob("*.py"):
            self.env.note_dependency(file)
        parser = main.make_parser()
        [commands] = [
            action for action in parser._actions if isinstance(action, argparse._SubParsersAction)
        ]
        return [self.command(command) for command in commands.choices.values()]

    def command(self, parser: argparse.ArgumentParser) -> nodes.section:
        """Return the section of one command."""
        parser.formatter_class = partial(argparse.HelpFormatter, width=WIDTH)
        lines = [parser.description or "", "", "```{code-block} text"]
        usage = parser.format_usage().removeprefix("usage: ").replace("\n       ", "\n")
        lines += [usage, "```", ""]
        lines += [f"```{{program}} {parser.prog}", "```", ""]
        for action in parser._actions:
            if action.help != argparse.SUPPRESS:
                lines += self.option(parser, action)
        return self.section(parser.prog.replace(" ", "-"), parser.prog, lines)

    def option(self, parser: argparse.ArgumentParser, action: argparse.Action) -> list[str]:
        """Return the lines of one option, or of one argument."""
        formatter = parser._get_formatter()
        names = formatter._format_action_invocation(action)
        return [f"````{{option}} {names}", formatter._expand_help(action), "````", ""]


class Pitfalls(Generated):
    """All programs of a folder, by their symptoms: what each shows, what it prints, its code."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return a section for each program."""
        self.env.note_reread()  # for programs that come and go
        folder = Path(self.env.relfn2path(self.arguments[0])[1])
        files = sorted(folder.glob("[!_]*.py"))
        if not files:
            raise self.error(f"no programs in {self.arguments[0]}")
        return [self.pitfall(file, f"{self.arguments[0]}/{file.name}") for file in files]

    def pitfall(self, file: Path, name: str) -> nodes.section:
        """Return the section of one program."""
        docstring = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
        if not docstring:
            raise self.error(f"{file.name} does not say what it shows")
        symptom = SYMPTOM.search(docstring)
        if not symptom:
            raise self.error(f"{file.name} does not say by which symptom one finds it")
        summary, _, rest = SYMPTOM.sub("", docstring).partition("\n")
        text = CHAPTERS.sub(self.links, rest).strip()
        lines = ["{.lead}", summary, "", *text.splitlines(), ""]
        lines += [f"```{{runs}} {name}", "```", ""]
        lines += [f":::{{dropdown}} tutorial/{file.parent.name}/{file.name}", ":icon: code", ""]
        lines += [f"```{{literalinclude}} {name}", "```", ":::", ""]
        label = f"pitfall-{file.stem}".replace("_", "-")
        return self.section(label, symptom[1], lines, is_code=False)

    def links(self, line: re.Match[str]) -> str:
        """Return links to those of these chapters that are written."""
        names = [name.strip() for name in line[1].split(",")]
        links = [f"[](/{name}.md)" for name in names if name in self.env.found_docs]
        return f"Read on in {', '.join(links)}." if links else ""


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    app.add_directive("commands", Commands)
    app.add_directive("pitfalls", Pitfalls)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
