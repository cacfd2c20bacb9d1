"""Runs a notebook in its own folder, and prints it with what came of it, as JSON:
python tutorial/_ext/execute.py notebooks/01-first-contact.ipynb

Rule: a cell that fails is an error, and ends it. What the kernel says of itself, such as how its
debugger was started, is no part of the notebook: standard error is dropped, but for that error.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

PATIENCE = 120
"""Seconds for a cell. It takes a few on a machine with nothing else to do."""

COLOURS = re.compile(r"\x1b\[[\d;]*m")


def main(path: Path) -> int:
    """Run it; return the exit status."""
    notebook = nbformat.read(path, as_version=4)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, sys.stderr.fileno())  # the kernel gets it, too
    client = NotebookClient(
        notebook,
        timeout=PATIENCE,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
    )
    try:
        client.execute()
    except CellExecutionError as error:
        print(COLOURS.sub("", str(error)))
        return 1
    print(nbformat.writes(notebook))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
