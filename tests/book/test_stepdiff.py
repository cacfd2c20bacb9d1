"""`stepdiff`, the directive that shows what changes from one step to the next."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sphinx_project import DEADLINE, Build, builder_of, checkout, shown, write  # noqa: F401

pytestmark = pytest.mark.timeout(2 * DEADLINE)

OLD = '''"""One.

It sends.
"""

import socket


def first(client):
    """Greet."""
    client.send("hello")


def second():
    return 2


def third():
    return 3


def last():
    return 4
'''
NEW = (
    OLD.replace("It sends.", "It queues.")
    .replace('client.send("hello")', 'client.queue.put("hello")')
    .replace("def last", "def added():\n    return 5\n\n\ndef last")
)


def test_a_diff_marks_what_comes_and_goes(book: Path, build: Build) -> None:
    write(book / "tutorial", a=OLD, b=NEW)
    page = build("```{stepdiff} a.py b.py\n:caption: what is new\n```")
    assert shown(page, "del") == ["It sends.", '    client.send("hello")']
    assert shown(page, "ins") == [
        *["It queues.", '    client.queue.put("hello")'],
        *["def added():", "    return 5", "", ""],
    ]
    assert "a.py → b.py: what is new" in page
    assert str(book) not in page


def test_two_files_of_one_name_are_told_apart_by_their_folders(book: Path, build: Build) -> None:
    for folder in ("tasks", "solutions"):
        (book / "tutorial" / folder).mkdir()
        (book / "tutorial" / folder / "a.py").write_text(f"# {folder}\n")
    page = build("```{stepdiff} tasks/a.py solutions/a.py\n```")
    assert "tasks/a.py → solutions/a.py" in page


def test_what_is_far_from_any_change_is_folded(book: Path, build: Build) -> None:
    write(book / "tutorial", a=OLD, b=NEW)
    page = build("```{stepdiff} a.py b.py\n```")
    assert shown(page, "span", "fold") == ["⋯ 4 lines as before"]
    assert "return 2" not in re.sub("<[^>]+>", "", page)


def test_each_line_has_the_colours_of_its_file(book: Path, build: Build) -> None:
    """A line out of a docstring is text, though the diff does not show where that begins."""
    write(book / "tutorial", a=OLD, b=NEW)
    page = build("```{stepdiff} a.py b.py\n```")
    assert '<del><span class="sd">It sends.</span>' in page
    assert '<ins><span class="sd">It queues.</span>' in page


def test_a_diff_can_be_narrowed_to_functions(book: Path, build: Build) -> None:
    write(book / "tutorial", a=OLD, b=NEW)
    page = build("```{stepdiff} a.py b.py\n:pyobject: first, added\n```")
    assert shown(page, "del") == ['    client.send("hello")']
    assert shown(page, "ins")[1:] == ["def added():", "    return 5"]
    assert "import" not in shown(page, "pre")[0]


def test_a_page_is_built_again_when_a_step_changes(book: Path, build: Build) -> None:
    write(book / "tutorial", a=OLD, b=NEW)
    text = "```{stepdiff} a.py b.py\n```"
    assert "nine" not in build(text)
    write(book / "tutorial", b=NEW.replace("return 4", "return nine"))
    assert "nine" in build(text)


def test_a_diff_that_cannot_be_made_is_reported(book: Path, build: Build) -> None:
    write(book / "tutorial", a=OLD, b=NEW)
    build("```{stepdiff} a.py no.py\n```", fails="no such step")
    build("```{stepdiff} a.py a.py\n```", fails="do not differ")
    build("```{stepdiff} a.py b.py\n:pyobject: secnod\n```", fails="there is no secnod")


def test_a_diff_is_text_where_there_is_no_html(book: Path, build: Build) -> None:
    write(book / "tutorial", a=OLD, b=NEW)
    text = build("```{stepdiff} a.py b.py\n```", builder="text")
    assert '-    client.send("hello")' in text
    assert '+    client.queue.put("hello")' in text
