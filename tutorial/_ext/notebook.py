"""Notebooks as pages. The build runs them, and shows what comes of it.

A page is a file that ends in `.notebook`, and contains nothing but the notebook's path from the
top of the repository.

Rule: a notebook runs as any program that a page shows: once, side by side with others, and what
came of it is kept. myst-nb gets it with all outputs, and runs nothing.
"""

from __future__ import annotations

from pathlib import Path

import nbformat
from results import ProgramFailed, results_of
from runs import notebook_program
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError

TOP = Path(__file__).parents[2]

RUN_IT = """\
:::{{admonition}} Run it yourself
:class: run
This page is a notebook, with what came of one run. To change something, and to run it again:
```console
$ jupyter lab {path}
```
:::
"""


def read(text: str) -> nbformat.NotebookNode:
    """Return the notebook that a page names, with a line about how to open it."""
    path = text.strip()
    try:
        notebook = nbformat.reads(results_of(TOP).output(notebook_program(path)), as_version=4)
    except ProgramFailed as error:
        raise ExtensionError(str(error)) from error
    hint = nbformat.v4.new_markdown_cell(RUN_IT.format(path=path), id="run-it-yourself")
    notebook.cells.insert(1, hint)
    return notebook


def prepare(_: Sphinx, config: Config) -> None:
    """Let myst-nb read such pages."""
    config.nb_custom_formats[".notebook"] = "notebook.read"


def outdated(
    _: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """Name the pages whose notebook, or what it imports, has changed since they were read."""
    names = env.found_docs - added - changed - removed
    return [name for name in names if name.startswith("notebooks/") and has_changed(env, name)]


def has_changed(env: BuildEnvironment, name: str) -> bool:
    path = Path(env.doc2path(name)).read_text(encoding="utf-8").strip()
    files = results_of(TOP).files(notebook_program(path))
    return env.all_docs[name] < max(file.stat().st_mtime_ns // 1000 for file in files)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register it, before myst-nb looks at its settings."""
    app.connect("config-inited", prepare, priority=100)
    app.connect("env-get-outdated", outdated)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
