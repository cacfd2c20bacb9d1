"""The tutorial's pictures: each run shows what it says, and `spacetime` puts it into a page."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from results import results_of
from runs import picture_program
from sphinx_project import CONF, DEADLINE, TOP, Build, builder_of, checkout, shown  # noqa: F401

pytestmark = pytest.mark.timeout(2 * DEADLINE)

RUNS = sorted((TOP / "tutorial" / "figures").glob("*.py"))
SVG = "{http://www.w3.org/2000/svg}"

PICTURE = """
from msgproxy.picture import Lane, Annotation, Timeline, draw

said = Annotation(1000, "client 1", "hello", "client 1 says hello")
print(draw(Timeline((Lane("client 1"),), annotations=(said,)), title="A word"))
"""


@pytest.mark.parametrize("program", RUNS, ids=lambda path: path.stem)
def test_a_run_shows_what_its_caption_says(program: Path) -> None:
    """Its own assertions say whether it does; here, that they hold, and what is printed."""
    printed = results_of(TOP).output(picture_program(program.stem))
    root = ElementTree.fromstring(printed)
    assert root.tag == f"{SVG}svg"
    assert len([text for text in root.iter(f"{SVG}text") if text.text]) > 10
    assert root.find(f"{SVG}desc").text


@pytest.mark.parametrize("program", RUNS, ids=lambda path: path.stem)
def test_a_run_is_a_small_program(program: Path) -> None:
    assert len(program.read_text().splitlines()) < 90


# The directive


def write(book: Path, text: str, name: str = "small") -> None:
    folder = book / "tutorial" / "figures"
    folder.mkdir(exist_ok=True)
    conf = book / "tutorial" / "conf.py"
    conf.write_text(CONF + "extensions.append('spacetime')\n")
    (folder / f"{name}.py").write_text(text)


def test_a_picture_stands_in_the_page_with_its_words(book: Path, build: Build) -> None:
    write(book, PICTURE)
    page = build('```{spacetime} small\n:alt: Somebody says "hello".\n:caption: One `word`.\n```')
    [figure] = [part for part in page.split("<figure")[1:] if "spacetime" in part.split(">")[0]]
    assert 'aria-label="Somebody says &quot;hello&quot;."' in figure or "aria-label='" in figure
    assert 'aria-describedby="desc-' in figure
    assert "client 1 says hello." in figure
    assert "One word." in shown(figure, "figcaption")[0]
    assert "Traceback" not in page


def test_other_formats_get_the_alternative(book: Path, build: Build) -> None:
    write(book, PICTURE)
    page = build("```{spacetime} small\n:alt: Somebody says hello.\n```", builder="text")
    assert "Somebody says hello." in page
    assert "svg" not in page


def test_a_picture_without_words_or_without_a_run_is_reported(book: Path, build: Build) -> None:
    write(book, PICTURE)
    build("```{spacetime} small\n```", fails="a picture needs an :alt:")
    build("```{spacetime} smal\n:alt: x\n```", fails="no such run: smal")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("assert 1 > 2, 'it did not happen'", "it did not happen"),
        ("print('no picture')", "prints more than a picture, or none: no picture"),
        (PICTURE + "print('and more')", "prints more than a picture, or none"),
    ],
)
def test_a_run_that_fails_fails_the_build(book: Path, build: Build, text: str, why: str) -> None:
    write(book, text)
    build("```{spacetime} small\n:alt: x\n```", fails=why)


def test_a_run_has_a_deadline(book: Path, build: Build) -> None:
    write(book, "import time\nwhile True: time.sleep(1)")
    build("```{spacetime} small\n:alt: x\n:timeout: 1\n```", fails="did not end within 1 seconds")


def test_a_picture_is_made_again_only_when_its_files_change(book: Path, build: Build) -> None:
    """Its own, those of what it imports, the steps that it names, and what these import."""
    steps, shared = book / "tutorial" / "steps", book / "tutorial" / "figures" / "harness"
    count = "with open('count', 'a') as file: file.write('x')  # harness, step01_echo"
    write(book, f"{count}\n{PICTURE}")
    steps.mkdir()
    shared.mkdir()
    changed = [shared / "run.py", steps / "near.py", steps / "step01_echo.py"]
    for file in [*changed, steps / "step02_threads.py"]:
        file.write_text("")
    (steps / "step01_echo.py").write_text("from near import something")
    text = "```{spacetime} small\n:alt: x\n```"
    build(text)
    (steps / "step02_threads.py").write_text("another step")
    build(f"{text}\n\nmore text")
    assert (book / "count").read_text() == "x"
    for times, file in enumerate(changed, 2):
        file.write_text("changed")
        build(f"{text}\n\nmore text {times}")
        assert (book / "count").read_text() == "x" * times
