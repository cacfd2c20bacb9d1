"""Notebooks as pages. The build runs them, and shows what comes of it.

A page is a file that ends in `.notebook`, and all that stands in it is where the notebook is, from
the top of the repository.

Rule: the notebook stays where it is. It finds what stands beside it by PYTHONPATH, since its page
is run in the folder of the pages, into which nothing is written.
"""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment

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
    notebook = nbformat.read(TOP / path, as_version=4)
    hint = nbformat.v4.new_markdown_cell(RUN_IT.format(path=path), id="run-it-yourself")
    notebook.cells.insert(1, hint)
    return notebook


def prepare(_: Sphinx, config: Config) -> None:
    """Let myst-nb read such pages, and let their kernels import what the notebooks import."""
    config.nb_custom_formats[".notebook"] = "notebook.read"
    paths = [str(TOP / "notebooks"), str(TOP), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))


def outdated(
    _: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """Name the pages whose notebook, or whose helpers, have changed since they were read."""
    latest = max(file.stat().st_mtime_ns // 1000 for file in (TOP / "notebooks").glob("*.*"))
    names = env.found_docs - added - changed - removed
    return [name for name in names if name.startswith("notebooks/") and env.all_docs[name] < latest]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register it, before myst-nb looks at its settings."""
    app.connect("config-inited", prepare, priority=100)
    app.connect("env-get-outdated", outdated)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
