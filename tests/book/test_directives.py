"""What the tutorial's own Sphinx directives do, but for `stepdiff`, which has its own tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from sphinx_project import DEADLINE, Build, builder_of, checkout, shown, write  # noqa: F401

from msgproxy.cli import main

pytestmark = pytest.mark.timeout(2 * DEADLINE)

CODE = '''"""A file of the repository."""


def added():
    return 5
'''


# runs


def test_a_run_shows_the_command_and_its_output(book: Path, build: Build) -> None:
    write(book / "tutorial", hello="import sys; print('hello', *sys.argv[1:])")
    page = build("```{runs} hello.py 'you there'\n```")
    assert "$ python tutorial/hello.py 'you there'\nhello you there" in shown(page, "pre")


def test_a_run_can_be_folded_with_what_is_said_of_it(book: Path, build: Build) -> None:
    """The command is in the open; what it prints, and the words about it, are in the fold."""
    write(book / "tutorial", hello="print('hello')")
    page = build(":::{runs} hello.py\n:folded:\n\nIt is *friendly*.\n:::")
    before, _, inside = page.partition("<details")
    assert "$ python tutorial/hello.py" in "".join(shown(before, "pre"))
    assert "hello" in shown(inside, "pre")[0]
    assert "<em>friendly</em>" in inside.partition("</details>")[0]


def test_a_run_may_fail_only_on_purpose(book: Path, build: Build) -> None:
    write(book / "tutorial", wrong="import queue\nqueue.Queue().get(timeout=0)")
    build("```{runs} wrong.py\n```", fails="ended with status 1, not 0")
    page = build("```{runs} wrong.py\n:status: 1\n```")
    assert "queue.Empty" in page
    assert str(book) not in page
    assert sys.base_prefix + "/" not in page


def test_a_run_has_a_deadline(book: Path, build: Build) -> None:
    write(book / "tutorial", endless="import time\nwhile True: time.sleep(1)")
    build("```{runs} endless.py\n:timeout: 1\n```", fails="did not end within 1 seconds")


def test_a_program_runs_again_only_when_it_changes(book: Path, build: Build) -> None:
    """And when a module changes that stands beside it, if it imports that."""
    program = "import near\nopen('count', 'a').write('x'); print(open('count').read())"
    write(book / "tutorial", counts=program, near="", far="")
    text = "```{runs} counts.py\n```"
    assert "\nx" in shown(build(text), "pre")[0]
    write(book / "tutorial", far="changed = True")
    assert "\nxx" not in shown(build(f"{text}\n\nmore text"), "pre")[0]
    write(book / "tutorial", counts=f"{program}  # changed")
    assert "\nxx" in shown(build(f"{text}\n\nmore text"), "pre")[0]
    write(book / "tutorial", near="changed = True")
    assert "\nxxx" in shown(build(f"{text}\n\nyet more text"), "pre")[0]


def test_msgproxy_itself_can_run(build: Build) -> None:
    page = build("```{runs} msgproxy --port nonsense\n:status: 2\n```")
    assert "$ msgproxy --port nonsense\n" in shown(page, "pre")[0]
    assert "'nonsense' is not a port" in shown(page, "pre")[0]


# Links


def test_a_file_becomes_a_page_with_a_line_to_go_to(book: Path, build: Build) -> None:
    write(book, things=CODE)
    page = build("{source}`things.py:added` and {source}`the file <things.py>`")
    number = CODE.splitlines().index("def added():") + 1
    assert f'href="source/things.py.html#line-{number}"' in page
    assert "the file" in shown(page, "a")
    code = (book / "tutorial" / "_build" / "html" / "source" / "things.py.html").read_text()
    assert f'"line-{number}"' in code


def test_a_file_or_name_that_is_not_there_is_reported(book: Path, build: Build) -> None:
    write(book, things=CODE)
    build("{source}`thigns.py`", fails="no such file: thigns.py")
    build("{source}`things.py:nothing`", fails="no nothing in things.py")


def test_names_of_the_standard_library_are_links(build: Build) -> None:
    page = build("{py:meth}`queue.Queue.put`, {py:class}`collections.abc.Iterable`")
    assert 'href="https://docs.python.org/3/library/queue.html#queue.Queue.put"' in page
    assert "library/collections.abc.html#collections.abc.Iterable" in page
    build("{py:meth}`queue.Queue.upt`", fails="queue.Queue.upt")


# What is written once


def test_the_ladder_lists_and_links_the_chapters(book: Path, build: Build) -> None:
    (book / "tutorial" / "01-echo.md").write_text("# Echo\n")
    ladder = "```{ladder}\n:unfinished:\n01-echo | An echo | nobody\n02-next | Next |\n```"
    page = build(ladder)
    assert 'href="01-echo.html"' in page
    assert "02-next" not in page
    build(ladder.replace(":unfinished:\n", ""), fails="02-next")


def test_all_options_are_in_the_reference(build: Build) -> None:
    page = build("```{commands}\n```\n\n{option}`msgproxy serve --echo`")
    [commands] = [a for a in main.make_parser()._actions if a.dest == "command"]
    for name, parser in commands.choices.items():
        assert f"msgproxy {name}" in shown(page, "h2")[0] + "".join(shown(page, "h2"))
        for flag in parser._option_string_actions:
            assert f'id="cmdoption-msgproxy-{name}-{flag.lstrip("-")}"' in page
    assert page.count('href="#cmdoption-msgproxy-serve-echo"') >= 1


def test_each_pitfall_tells_shows_and_runs(book: Path, build: Build) -> None:
    (book / "tutorial" / "pits").mkdir()
    text = '"""It falls.\n\nMuch more.\n\nSymptom: It hurts.\nChapters: 01-echo, 02-next\n"""\n'
    text += 'print("fallen")\n'
    write(book / "tutorial" / "pits", some_pit=text)
    (book / "tutorial" / "01-echo.md").write_text("---\norphan: true\n---\n# Echo\n")
    page = build("```{pitfalls} pits\n```\n\n[](#pitfall-some-pit)")
    assert "It falls." in page
    assert shown(page, "h2")[0].startswith("It hurts")
    assert "Symptom" not in "".join(shown(page, "p"))  # only in the program, which is shown whole
    assert "Read on in" in page
    assert "$ python tutorial/pits/some_pit.py\nfallen" in shown(page, "pre")
    assert page.count('href="#pitfall-some-pit"') >= 2
    write(book / "tutorial" / "pits", silent='"""It falls.\n\nChapters: 01-echo\n"""')
    build("```{pitfalls} pits\n```", fails="by which symptom")
    write(book / "tutorial" / "pits", silent="print('nothing said')")
    build("```{pitfalls} pits\n```", fails="does not say what it shows")
