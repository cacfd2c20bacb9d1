"""`runs`: a program, run while the pages are built, with what it printed.

    ```{runs} pitfalls/nagle.py --rounds 20
    :status: 0
    :timeout: 60
    ```

    ```{runs} msgproxy check --help
    ```

    :::{runs} pitfalls/nagle.py
    :folded:
    What is said of it: below the output, and folded away with it, for a page that asks first.
    :::

Rule: a page shows only what has just happened, or has happened with the very same files. A program
that ends in another way than the page says, or does not end in time, fails the build.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from results import PATIENCE, Program, ProgramFailed, results_of
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

FENCE = re.compile(
    r"^ *[`:]{3,}\{(?P<kind>runs|spacetime|pitfalls|level|plays)\} *(?P<what>.+)\n"
    r"(?P<options>(?: *:.*\n)*)",
    re.MULTILINE,
)
LEVELS = re.compile(r"^`{3,}\{levels\}\n(.*?)^`{3,}$", re.MULTILINE | re.DOTALL)
OPTION = re.compile(r":(status|timeout): *(\d+)")

FOLDED = "What it prints"
"""What readers click to see it."""


class Runs(SphinxDirective):
    """A Python file, relative to the page, or `msgproxy`; and the arguments.

    Programs run where readers run them, at the top of the checkout; so a file among the
    arguments is written as `tutorial/steps/...`.
    """

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar = {
        "folded": directives.flag,
        "status": directives.nonnegative_int,
        "timeout": directives.positive_int,
    }

    def run(self) -> list[nodes.Node]:
        """Return a console with the command and what came of it."""
        page = Path(self.env.doc2path(self.env.docname))
        ends = {name: value for name, value in self.options.items() if name != "folded"}
        try:
            program = shown_program(self.arguments[0], page, **ends)
        except FileNotFoundError as error:
            raise self.error(f"no such program: {error}") from error
        name, *arguments = program.command
        shown = arguments if name == "-m" else ["python", name, *arguments]
        typed, output = f"$ {shlex.join(shown)}\n", self.output(program)
        if "folded" in self.options:
            return [self.console(typed), *self.fold(output)]
        return [self.console(typed + output)]

    def console(self, text: str) -> nodes.literal_block:
        block = nodes.literal_block(text, text, language="console", classes=["runs"])
        self.set_source_info(block)
        return block

    def fold(self, output: str) -> list[nodes.Node]:
        """Return the output, and what the page says of it, below a click."""
        folded = nodes.container()
        text = [f":::::::{{dropdown}} {FOLDED}", *self.content, ":::::::"]
        self.state.nested_parse(StringList(text), self.content_offset, folded)
        [dropdown] = folded.children
        dropdown.insert(1, self.console(output))  # behind its title
        return folded.children

    def output(self, program: Program) -> str:
        """Return what a program printed, and report it if it did not end as it should."""
        results = results_of(self.env.srcdir.parent)
        for file in results.files(program):
            self.env.note_dependency(file)
        try:
            return results.output(program)
        except ProgramFailed as error:
            raise self.error(str(error)) from error


def shown_program(text: str, page: Path, status: int = 0, timeout: float = PATIENCE) -> Program:
    """Return the program that a page names; raise FileNotFoundError."""
    name, *arguments = shlex.split(text)
    if name == "msgproxy":
        return Program(("-m", name, *arguments), status, timeout)
    file, top = (page.parent / name).resolve(), top_of(page).resolve()
    if not file.is_file():
        raise FileNotFoundError(name)
    return Program((file.relative_to(top).as_posix(), *arguments), status, timeout)


def top_of(page: Path) -> Path:
    """Return the checkout that a page is in."""
    return next(folder.parent for folder in page.parents if (folder / "conf.py").is_file())


def picture_program(name: str, timeout: float = PATIENCE) -> Program:
    """Return the program that draws a picture. A warning is an error in it."""
    return Program(("-X", "dev", "-W", "error", f"tutorial/figures/{name}.py"), 0, timeout)


def level_program(name: str, *arguments: str) -> Program:
    """Return the program that has real threads go through a level."""
    return Program(("-m", "tutorial.play", name, *arguments))


def notebook_program(path: str) -> Program:
    """Return the program that runs a notebook, and prints it with what came of it."""
    return Program(("tutorial/_ext/execute.py", path), 0, 4 * PATIENCE)


def programs_of(page: Path) -> Iterator[Program]:
    """Yield the programs that a page shows. What is wrong with one is for its directive to say."""
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".notebook":
        yield notebook_program(text.strip())
    for match in FENCE.finditer(text):
        options = {name: int(value) for name, value in OPTION.findall(match["options"])}
        with suppress(FileNotFoundError):
            yield from programs_in(match["kind"], match["what"].strip(), page, options)
    for levels in LEVELS.findall(text):
        names = [name for line in levels.splitlines() for name in line.partition("|")[2].split()]
        yield from (level_program(name, "--json") for name in names)


def programs_in(kind: str, what: str, page: Path, options: dict[str, int]) -> Iterator[Program]:
    """Yield the programs of one directive."""
    match kind:
        case "runs":
            yield shown_program(what, page, **options)
        case "spacetime":
            yield picture_program(what, **options)
        case "level":
            yield level_program(what, "--json")
        case "plays":
            yield level_program(*what.split())
        case "pitfalls":
            files = sorted((page.parent / what).glob("[!_]*.py"))
            yield from (shown_program(f"{what}/{file.name}", page) for file in files)


def run_ahead(_: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Run all that the pages show that are about to be read."""
    run_programs_of([Path(env.doc2path(name)) for name in docnames])


def run_programs_of(pages: list[Path]) -> None:
    """Run all that some pages of one checkout show, side by side."""
    programs = [program for page in reversed(pages) for program in programs_of(page)]
    programs.sort(key=takes_long, reverse=True)
    if pages:
        results_of(top_of(pages[0])).start(programs)


def takes_long(program: Program) -> bool:
    """Tell which programs should begin first, so that none runs alone at the end.

    Notebooks take long, and so do checks; those of later steps most, as they see more behaviours.
    """
    return "check" in program.command or program.command[0].endswith("execute.py")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive, and let the programs run before the pages are read."""
    app.add_directive("runs", Runs)
    app.connect("env-before-read-docs", run_ahead)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
