"""The tutorial does what it says: each page is followed as a reader would follow it.

Its commands are typed, and what it says is printed is compared; see reader.py for how. What a
page shows with `runs` was printed when the page was built: that is test_docs.py's matter.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pages
import pytest
from clients import PATIENCE
from page_commands import NOT_FOLLOWED, commands
from page_reader import Reader
from redis_server import needs_program

PAGES = [path for path in pages.pages() if list(commands(path))]
SESSIONS = [
    path for path in pages.pages() if any(block.kind == "pycon" for block in pages.blocks(path))
]

GIT = ("git", "-c", "user.name=reader", "-c", "user.email=reader@localhost")

pytestmark = pytest.mark.timeout(20 * PATIENCE)


@pytest.fixture(scope="session")
def checkout(tmp_path_factory) -> Path:
    """A copy of the checkout, for what the commands write."""
    folder = tmp_path_factory.mktemp("reader") / "msgproxy"
    without = shutil.ignore_patterns(".*", "_build", "__pycache__", "*.egg-info", "build", "dist")
    shutil.copytree(pages.TOP, folder, ignore=without)
    if shutil.which("git"):
        for command in ("init -q", "add .", "commit -q -m all"):
            subprocess.run([*GIT, *command.split()], cwd=folder, timeout=PATIENCE, check=True)
    return folder


@pytest.fixture(name="reader")
def reader_at_the_top(checkout: Path) -> Iterator[Reader]:
    reader = Reader(checkout)
    yield reader
    reader.close()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_can_be_followed(reader: Reader, path: Path) -> None:
    for program in {command.text.split()[0] for command in commands(path)} & {
        "redis-server",
        "git",
    }:
        needs_program(program)
    reader.follow(path)


@pytest.mark.parametrize("path", SESSIONS, ids=lambda path: path.stem)
def test_what_a_page_says_to_python_is_answered_so(path: Path, tmp_path: Path) -> None:
    """All `pycon` blocks of a page are one session. Line numbers are those of the page."""
    lines = [""] * len(path.read_text(encoding="utf-8").splitlines())
    for block in pages.blocks(path):
        if block.kind == "pycon":
            lines[block.number : block.number + len(block.lines)] = block.lines
    session = tmp_path / path.name
    session.write_text("\n".join(lines), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "doctest", session],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_all_that_is_not_followed_is_on_a_page() -> None:
    """The list of exceptions has no entry that nothing needs any more."""
    texts = {command.text for path in PAGES for command in commands(path)}
    parts = [part for pattern in NOT_FOLLOWED for part in re.split(r"\|(?![^(]*\))", pattern)]
    assert [part for part in parts if not any(re.fullmatch(part, text) for text in texts)] == []


CHAT = "$ msgproxy chat --name ann ws://127.0.0.1:8765/"
SERVER = "$ msgproxy\nmsgproxy is ready: open http://127.0.0.1:8765/ (Ctrl-C stops it)"
BROKEN = {
    "output": ("$ python -c 'print(1)'", "2"),
    "too little": ("$ python -c 'print(1); print(2)'", "1"),
    "too much": ("$ python -c 'print(1)'", "1\n2"),
    "program": ("$ msgprxy", ""),
    "file": ("$ python tutorial/steps/step99.py", ""),
    "option": ("$ msgproxy check --until supper --run x.py", ""),
    "silent server": ("$ msgproxy", "msgproxy is redy: open http://127.0.0.1:8765/"),
    "end of a server": (SERVER, "^C\nIt has been a pleasure."),
    "nobody there": (CHAT, ""),
    "echo": (f"{SERVER}\n{CHAT}", "ann: hello\nhello"),
    "close": (f"{SERVER}\n{CHAT}", "ann:\nmsgproxy: until tomorrow"),
}


@pytest.mark.parametrize(("typed", "shown"), BROKEN.values(), ids=BROKEN)
def test_a_page_that_is_wrong_is_found_out(checkout, tmp_path, typed, shown) -> None:
    """The test of the tests: each of these pages says something that is not so."""
    path = page(tmp_path, f"{typed}\n{shown}".strip())
    reader = Reader(checkout, patience=2)
    try:
        with pytest.raises(AssertionError, match=r"page\.md:\d+: \$ "):
            reader.follow(path)
    finally:
        reader.close()


def test_two_who_talk_and_a_server_that_closes_cleanly(reader: Reader, tmp_path: Path) -> None:
    """All that a page can show, on a page that is right."""
    bye = "msgproxy: the server is going away: the server is stopping"
    ann, bob = CHAT, CHAT.replace("ann", "bob")
    talk = "ann: hello\nbob: hi"
    text = f"{ann}\n{talk}\nann:\n{bye}\n{bob}\n{talk}\nbob:\n{bye}"
    reader.follow(page(tmp_path, f"{SERVER}\n…\n^C\n…\n{text}"))


def page(folder: Path, text: str) -> Path:
    path = folder / "page.md"
    path.write_text(f"# A page\n\n```console\n{text}\n```\n", encoding="utf-8")
    return path
