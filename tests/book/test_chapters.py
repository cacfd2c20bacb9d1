"""The chapters have the parts that they promise, and they lead to each other."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pages
import pytest

from msgproxy.check.behaviours.catalogue import BEHAVIOURS, NAMES

CHAPTERS = pages.chapters()
STEPS = [name for name in CHAPTERS if "01" <= name[:2] <= "12"]
PITFALLS = sorted((pages.TUTORIAL / "pitfalls").glob("*.py"))


def text_of(chapter: str) -> str:
    path = pages.TUTORIAL / f"{chapter}.md"
    assert path.exists(), f"the chapter {chapter} is missing"
    return path.read_text(encoding="utf-8")


def blocks_of(chapter: str) -> list[pages.Block]:
    return pages.blocks(pages.TUTORIAL / f"{chapter}.md") if text_of(chapter) else []


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_chapter_of_the_path_is_there(chapter: str) -> None:
    assert text_of(chapter).startswith("# ")


@pytest.mark.parametrize("chapter", STEPS)
def test_a_chapter_has_all_its_parts(chapter: str) -> None:
    """What you will have, a prediction, a run, what you see, why, and exercises."""
    blocks = blocks_of(chapter)
    classes = set().union(*(block.classes() for block in blocks))
    missing = {"have", "predict", "why", "exercise"} - classes
    assert not missing
    assert "run" in classes or any(block.kind == "runs" for block in blocks)
    assert classes & {"see", "fails"}
    assert "\n{.lead}\n" in text_of(chapter)
    [have] = [block for block in blocks if block.options.get("class") == "have"]
    assert re.search(r"\b(minutes|hours?)\b", " ".join(have.lines)), "how long does it take?"


@pytest.mark.parametrize("chapter", STEPS)
def test_every_question_of_a_chapter_has_an_answer(chapter: str) -> None:
    """It is folded, so that readers can think first; and an exercise has a hint."""
    blocks = blocks_of(chapter)
    questions = [block for block in blocks if block.options.get("class") in ("predict", "exercise")]
    for question in questions:
        folded = {b.title for b in blocks if b.kind == "dropdown" and question in b.within}
        is_work = question.title.startswith("Exercise")
        assert {"Hint", "Solution"} <= folded if is_work else "The answer" in folded, question.place
    titles = [block.title for block in questions]
    exercises = [title for title in titles if title.startswith("Exercise")]
    assert exercises == [f"Exercise {n}" for n in range(1, len(exercises) + 1)] != []
    assert titles[-1] == "Check yourself"


@pytest.mark.parametrize(("chapter", "following"), list(pairwise(CHAPTERS)), ids=CHAPTERS[:-1])
def test_a_chapter_ends_with_the_link_to_the_next(chapter: str, following: str) -> None:
    last = text_of(chapter).rstrip().rpartition("\n\n")[2]
    assert f"]({following}.md)" in last


@pytest.mark.parametrize("path", PITFALLS, ids=lambda path: path.stem)
def test_a_pitfall_names_the_chapters_that_show_it(path: Path) -> None:
    """Both ways: those chapters are there and show it, and no others do."""
    [line] = re.findall(r"^Chapters: (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    names = re.compile(rf"pitfalls/{path.stem}\.py|#pitfall-{path.stem.replace('_', '-')}\b")
    assert line == ", ".join(name for name in CHAPTERS if names.search(text_of(name)))


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=NAMES)
def test_the_chapter_that_a_failed_check_sends_to_tells_of_it(behaviour) -> None:
    text = text_of(behaviour.chapter)
    shown = [name for arguments in checks(text) for name in chosen(arguments)]
    assert f"`{behaviour.name}`" in text or behaviour.name in shown


@pytest.mark.parametrize("path", pages.pages(), ids=lambda path: path.stem)
def test_a_page_names_no_behaviour_that_there_is_not(path: Path) -> None:
    for arguments in checks(path.read_text(encoding="utf-8")):
        assert set(re.findall(CHOICE, arguments)) <= set(NAMES), arguments


CHOICE = r"--(?:only|until) ([\w-]+)"


def checks(text: str) -> list[str]:
    """Return the arguments of each `msgproxy check` that a page shows."""
    return re.findall(r"msgproxy check\b([^`\n]*)", text)


def chosen(arguments: str) -> list[str]:
    """Return the behaviours that such a check prints."""
    names = re.findall(CHOICE, arguments)
    if "--until" in arguments:
        return list(NAMES[: NAMES.index(names[0]) + 1])
    return names or list(NAMES)


@pytest.mark.parametrize("chapter", STEPS)
def test_teachers_are_told_the_time_that_the_chapter_says(chapter: str) -> None:
    number = chapter.partition("-")[0].removeprefix("0")
    table = (pages.TUTORIAL / "teachers.md").read_text(encoding="utf-8")
    [minutes] = re.findall(rf"^\| {number} \| (\d+) \|", table, re.MULTILINE)
    [have] = [b for b in blocks_of(chapter) if b.options.get("class") == "have"]
    assert f"about {minutes} minutes" in " ".join(" ".join(have.lines).split())
