"""The directives `level`, `levels` and `plays`: what they write, and what fails the build."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from play.explore import explore
from play.export import export
from play.level import LEVELS, Level

pytestmark = [pytest.mark.extra("pages"), pytest.mark.timeout(300)]

TOP = Path(__file__).parents[2]
CONF = f"""
import sys
sys.path.insert(0, {str(TOP / "tutorial" / "_ext")!r})
extensions = ["myst_parser", "level"]
"""


@pytest.fixture
def build(tmp_path):
    """Build a page: `build("text", two_join="source")`. Return what was said, and the page."""
    book = tmp_path / "tutorial"
    (book / "levels").mkdir(parents=True)
    (book / "conf.py").write_text(CONF)
    (tmp_path / "msgproxy").symlink_to(TOP / "msgproxy")
    (book / "play").symlink_to(TOP / "tutorial" / "play")

    def build_it(page: str, **levels: str) -> tuple[str, str]:
        (book / "index.md").write_text(f"# Home\n\n{page}\n")
        for name, source in levels.items():
            (book / "levels" / f"{name}.py").write_text(source)
        done = subprocess.run(
            [sys.executable, "-m", "sphinx", "-W", "-q", "-b", "html", book, tmp_path / "html"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=200,
            check=False,
        )
        made = tmp_path / "html" / "index.html"
        assert (done.returncode == 0) == (done.stdout == "")
        return done.stdout, made.read_text(encoding="utf-8") if made.exists() else ""

    return build_it


def source(name: str) -> str:
    return (LEVELS / f"{name}.py").read_text(encoding="utf-8")


def test_a_level_is_written_with_its_graph(build):
    """A text that looks like the end of a script does not end it."""
    tricky = source("two_join").replace("is a member", "is a </script> member")
    said, page = build("```{level} two_join\n```", two_join=tricky)
    assert said == ""
    [script] = re.findall(r'<script type="application/json">(.*?)</script>', page)
    graph = json.loads(script)
    assert "only bob is a </script> member" in graph["texts"]
    expected = json.loads(json.dumps(export(explore(Level(LEVELS / "two_join.py", tricky)))))
    assert {name: graph[name] for name in expected} == expected
    words = html.unescape(re.sub(r"<[^>]+>", "", page))
    assert "The promise: Both are members." in words
    assert "6 orders through 14 states; 4 of them break the promise." in words
    assert 'src="_static/play/player.js' in page


def test_what_the_command_says_is_shown(build):
    said, page = build("```{plays} two_join --check\n```", two_join=source("two_join"))
    assert said == ""
    assert "$ python -m tutorial.play two_join --check" in html.unescape(
        re.sub(r"<[^>]+>", "", page)
    )


@pytest.mark.parametrize(
    ("text", "words", "others", "reason"),
    [
        ("{level} two_join", "which 4 break", "which 5 break", "but it is '6, of which 4"),
        ("{level} two_joins", "", "", "no such level: two_joins"),
        ("{levels}\nindex | two_join", "", "", "not in the list: more"),
        ("{levels}\nnowhere | two_join", "", "", "no such chapter: nowhere"),
    ],
    ids=["other counts", "no such level", "left out", "no such chapter"],
)
def test_it_fails_the_build(build, text, words, others, reason):
    levels = {"two_join": source("two_join").replace(words, others), "more": source("two_join")}
    said, _ = build(f"```{text}\n```", **levels)
    assert reason in said
