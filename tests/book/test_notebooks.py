"""The notebooks: each runs from top to bottom, on the installed kernel, and leaves nothing behind.

A copy of each is run by nbmake, with cells of the test between those of the notebook.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import start_new_async_kernel
from notebook_changes import CHANGES, Change

TOP = Path(__file__).parents[2]
NOTEBOOKS = sorted((TOP / "notebooks").glob("*.ipynb"))
DEADLINE = 180
"""Seconds for one run of a notebook. It takes some ten on a machine with nothing else to do."""

MEASURES = re.compile("0[56]-")
"""Notebooks that measure times: on a busy machine they may find something else."""

SOON = 0.4
"""Seconds from the start of a cell to its interruption: enough to be in the middle of it."""

METADATA = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python"},
}

pytestmark = pytest.mark.timeout(4 * DEADLINE)

BEFORE = """
import gc as _gc, os as _os, stat as _stat, sys as _sys, threading as _threading, time as _time

def _sockets():
    found = set()
    for file in _os.listdir("/dev/fd") if _os.path.isdir("/dev/fd") else []:
        try:
            status = _os.fstat(int(file))
        except OSError:  # the file that listed the files
            continue
        if _stat.S_ISSOCK(status.st_mode):
            found.add(status.st_ino)
    return found

def _left(count_sockets=True):
    "Return what there is now that was not there before, after waiting for it to go."
    # Somebody who was interrupted while he made a socket lives as long as the traceback.
    _sys.last_type = _sys.last_value = _sys.last_traceback = _sys.last_exc = None
    _gc.collect()
    deadline = _time.monotonic() + 20
    while _time.monotonic() < deadline:
        threads = [t for t in _threading.enumerate() if t not in _before]
        # The kernel's way of showing what is large has one of its own.
        threads = [t.name for t in threads if not type(t).__module__.startswith("zmq.")]
        sockets = len(_sockets() - _sockets_before) if count_sockets else 0
        if not threads and not sockets:
            return ""
        _time.sleep(0.02)
    return f"threads {threads}, sockets {sockets}"

_before, _sockets_before = set(_threading.enumerate()), _sockets()
"""
AFTER = "assert not _left(), _left()"

AFTER_INTERRUPTIONS = "assert not _left(count_sockets=False), _left(count_sockets=False)"
"""Python itself loses a socket when the interruption comes between its creation and its name."""


@pytest.fixture
def workplace(tmp_path):
    """A copy of the folder, in a copy of the checkout, as far as the notebooks need one."""
    shutil.copytree(TOP / "notebooks", tmp_path / "notebooks")
    for name in ("pyproject.toml", "msgproxy", "tutorial"):
        (tmp_path / name).symlink_to(TOP / name)
    return tmp_path / "notebooks"


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request, workplace) -> Path:
    return workplace / request.param.name


def code(text: str):
    return nbformat.v4.new_code_cell(text)


def run(notebook: Path) -> list:
    """Have nbmake run a notebook, and return its cells, with outputs."""
    command = [sys.executable, "-m", "pytest", "--nbmake", f"--nbmake-timeout={DEADLINE}"]
    command += ["--overwrite", "-q", "-c", os.devnull, "-p", "no:cacheprovider", notebook.name]
    done = subprocess.run(
        command, cwd=notebook.parent, capture_output=True, text=True, timeout=2 * DEADLINE
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    return nbformat.read(notebook, as_version=4).cells


def code_cells(cells) -> list:
    return [cell for cell in cells if cell.cell_type == "code"]


def test_it_runs_and_leaves_nothing_behind(notebook):
    """Nor when its cells are run once more, in another order."""
    book = nbformat.read(notebook, as_version=4)
    again = [code(cell.source) for cell in code_cells(book.cells)]
    again.reverse()
    end = code("lab.close()"), code(AFTER)
    book.cells = [code(BEFORE), *book.cells, *again, *end]
    nbformat.write(book, notebook)
    cells = code_cells(run(notebook))
    assert all(cell.execution_count for cell in cells), "a cell was not run"
    outputs = [output for cell in cells for output in cell.outputs]
    # What there is to see are results. Nothing is printed, so no thread prints either.
    # (The kernel itself does, in development mode, where a machine is busy: "Executing <Task ...".)
    printed = [
        line
        for output in outputs
        if output.output_type == "stream"
        for line in output.text.splitlines()
        if not line.startswith("Executing <")
    ]
    assert printed == []
    if not MEASURES.search(notebook.name):
        shown = "".join(output.get("data", {}).get("text/html", "") for output in outputs)
        assert "<td>no</td>" not in shown, "with the printed numbers, all of it is found"


def test_a_cell_can_be_interrupted(notebook):
    """Wherever that is. Afterwards all has ended, and the notebook runs as before."""
    cells = code_cells(nbformat.read(notebook, as_version=4).cells)
    setup, *rest = [cell.source for cell in cells]
    asyncio.run(interrupt_each(notebook.parent, setup, rest))


async def interrupt_each(folder: Path, setup: str, rest: list[str]) -> None:
    manager, client = await start_new_async_kernel(cwd=str(folder), startup_timeout=DEADLINE)
    try:
        for source in BEFORE, setup:
            assert await execute(client, source) == "ok"
        for source in rest:
            await interrupt(manager, client, source)
        close = "lab.close()"
        for source in close, AFTER_INTERRUPTIONS, BEFORE, *rest, close, AFTER:
            assert await execute(client, source) == "ok"
    finally:
        client.stop_channels()
        await manager.shutdown_kernel(now=True)


async def execute(client, source: str) -> str:
    """Have a cell run; return "ok", or how it ended."""
    message = client.execute(source, stop_on_error=False)  # or what follows it is aborted
    reply = await answer(client.get_shell_msg, message, DEADLINE)
    assert reply, f"a cell does not end:\n{source}"
    return "\n".join(reply.get("traceback", [reply["status"]]))


async def interrupt(manager, client, source: str) -> None:
    """Have a cell run, interrupt it soon, and wait until the kernel says that it is idle.

    There may be no reply: an interruption between the end of the cell and the reply ends the reply.
    """
    message = client.execute(source, stop_on_error=False)
    idle = {"execution_state": "idle"}
    if not await answer(client.get_iopub_msg, message, SOON, **idle):
        await manager.interrupt_kernel()
        is_over = await answer(client.get_iopub_msg, message, DEADLINE, **idle)
        assert is_over, f"a cell does not end:\n{source}"


async def answer(get, message: str, patience: float, **wanted: str):
    """Return the content of the answer that has what is wanted; None if there is none in time."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(patience):
            while True:
                reply = await get()
                is_ours = reply["parent_header"].get("msg_id") == message
                if is_ours and wanted.items() <= reply["content"].items():
                    return reply["content"]
    return None


def test_whatever_is_suggested_can_be_changed(notebook):
    """A reader runs the cell that changed, and those below it. None raises, whatever it finds."""
    book = nbformat.read(notebook, as_version=4)
    setup, *rest = code_cells(book.cells)
    cells = [code(BEFORE), code(setup.source)]
    ran = [""] * len(rest)
    for changes in CHANGES[notebook.stem].values():
        sources = changed(rest, changes)
        first = [old == new for old, new in zip(ran, sources, strict=True)].index(False)
        cells += map(code, sources[first:])
        ran = sources
    book.cells = [*cells, code("lab.close()"), code(AFTER)]
    nbformat.write(book, notebook)
    run(notebook)


def changed(cells, changes: list[Change]) -> list[str]:
    """Return the sources of cells with some changes in them."""
    sources = {cell.id: cell.source for cell in cells}
    for name, old, new in changes:
        if old:
            assert old in sources[name], f"{name} has no {old!r}"
            sources[name] = sources[name].replace(old, new)
        else:
            sources[name] += f"\n{new}"
    return list(sources.values())


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_kept_without_what_came_of_a_run(path):
    """No outputs, no counts, no traces of who wrote it with what; and cells keep their names."""
    book = json.loads(path.read_text(encoding="utf-8"))
    assert (book["nbformat"], book["nbformat_minor"]) == (4, 5)
    assert book["metadata"] == METADATA
    for cell in book["cells"]:
        assert cell["metadata"] == {}
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", cell["id"])
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)
    nbformat.validate(nbformat.from_dict(book))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_an_experiment(path):
    """A question, a prediction, a picture, something to change, what was found, and what if."""
    book = nbformat.read(path, as_version=4)
    first, *_, last = book.cells
    assert re.search(r"^# .+\n\n\*\*.+\?\*\*$", first.source, re.MULTILINE)
    assert len(re.findall(r"^\* What if ", last.source.partition("## What if")[2], re.M)) >= 2
    texts = "".join(cell.source for cell in book.cells if cell.cell_type == "markdown")
    assert "**Predict:**" in texts
    sources = [cell.source for cell in code_cells(book.cells)]
    assert any("plots.axes(" in source for source in sources)
    assert any("change me" in source for source in sources)
    assert any("plots.findings(" in source for source in sources)
    assert max(source.count("\n") for source in sources) < 45, "more than a screen"


def test_helpers_are_short():
    for path in (TOP / "notebooks").glob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) < 200
