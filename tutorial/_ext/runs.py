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

Rule: a page shows only what has just happened. A program that ends in another way than the page
says, or does not end in time, fails the build.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

PATIENCE = 60
"""Seconds that a program may take, unless the page says otherwise."""

FOLDED = "What it prints"
"""What one clicks at to see it."""


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
        name, *arguments = shlex.split(self.arguments[0])
        top = self.env.srcdir.parent
        if name == "msgproxy":
            command, shown = ["-m", name, *arguments], [name, *arguments]
        else:
            file = Path(self.env.relfn2path(name)[1]).resolve()
            if not file.is_file():
                raise self.error(f"no such program: {name}")
            command = [file.relative_to(top.resolve()).as_posix(), *arguments]
            shown = ["python", *command]
        typed, output = f"$ {shlex.join(shown)}\n", self.output(command, top)
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

    def output(self, command: list[str], top: Path) -> str:
        """Run a program, or remember what it printed when its files were the same."""
        status = self.options.get("status", 0)
        key = hashlib.sha256(repr((command, status, sys.version)).encode())
        for file in self.files(command, top):
            self.env.note_dependency(file)
            key.update(file.read_bytes())
        saved = self.env.doctreedir / "runs" / key.hexdigest()
        if saved.exists():
            return saved.read_text(encoding="utf-8")
        output = self.fresh_output(command, top, status)
        saved.parent.mkdir(parents=True, exist_ok=True)
        saved.write_text(output, encoding="utf-8")
        return output

    def files(self, command: list[str], top: Path) -> list[Path]:
        """Return the files on which the output depends."""
        return files_of(command, top)

    def fresh_output(self, command: list[str], top: Path, status: int) -> str:
        """Run a program, and report it if it does not end as it should."""
        patience = self.options.get("timeout", PATIENCE)
        try:
            done = run(command, top, patience)
        except subprocess.TimeoutExpired as error:
            name = shlex.join(command)
            raise self.error(f"{name} did not end within {patience} seconds") from error
        output = without_places(done.stdout, top)
        if done.returncode != status:
            raise self.error(
                f"{shlex.join(command)} ended with status {done.returncode}, "
                f"not {status}, and printed:\n{output}"
            )
        return output


def files_of(command: list[str], top: Path) -> list[Path]:
    """Return the files that a command names or imports; `msgproxy` stands for the package."""
    named = [top / word for word in command if (top / word).is_file()]
    programs = [file for file in named if file.suffix == ".py"]
    files = [*named, *(module for program in programs for module in beside(program))]
    return files + (sorted((top / "msgproxy").rglob("*.py")) if command[0] == "-m" else [])


def beside(program: Path) -> list[Path]:
    """Return the modules in the same folder that a program imports."""
    names = re.findall(r"^(?:from|import) (\w+)", program.read_text(encoding="utf-8"), re.MULTILINE)
    return [file for name in names if (file := program.with_name(f"{name}.py")).is_file()]


def run(command: list[str], top: Path, patience: float) -> subprocess.CompletedProcess[str]:
    """Run `python COMMAND` at the top of the checkout, so that it imports this `msgproxy`."""
    paths = [str(top), os.environ.get("PYTHONPATH", "")]
    return subprocess.run(
        [sys.executable, "-B", "-u", *command],
        cwd=top,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
            "PYTHONIOENCODING": "utf-8",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=patience,
        check=False,
    )


def without_places(output: str, top: Path) -> str:
    """Shorten the paths in tracebacks: where this machine keeps its files teaches nothing."""
    for place in {str(top), str(top.resolve())}:
        output = output.replace(place + os.sep, "")
    for place in (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix):
        output = output.replace(place, "...")
    return output


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("runs", Runs)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
