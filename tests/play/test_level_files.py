"""A level's file: what is wrong with it is said in one line. And the command that plays it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import play.__main__ as command
import pytest
from play import LevelError
from play.alone import left_alone
from play.explore import explore
from play.level import LEVELS, Level
from play.text import play as play_text
from scenes import ALL

TOP = Path(__file__).parents[2]
GOOD = (LEVELS / "two_join.py").read_text(encoding="utf-8")

WRONG = {
    "no counts": ("Orders: 6, of which 4 break the promise\n", "", "no line 'Orders: ...'"),
    "other counts": ("6, of which 4", "6, of which 3", "but it is '6, of which 4"),
    "no kind": ("Kind: break", "Kind: hard", "'Kind:' is 'break' or 'decide'"),
    "no promise": ('    """Both are members."""\n', "", "'check' has no docstring"),
    "no check": ("def check", "def test", "there is no function 'check'"),
    "no threads": ("threads = [", "others = [", "there is no list 'threads'"),
    "a syntax error": ("def join(name):", "def join(name:", "two_join.py:16:"),
    "a wide line": ("members = []", f"members = []{' ' * 30}# wide", "longer than 44 columns"),
    "one name twice": ('name="bob"', 'name="ann"', "each thread needs a name of one word"),
    "a silent check": (', f"only {members[0]} is a member"', "", "says nothing when it fails"),
    "a primitive without stand-in": (
        "import Thread",
        "import Semaphore, Thread",
        "no stand-in for",
    ),
}


@pytest.mark.parametrize(("words", "others", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_in_one_line(tmp_path, capsys, words, others, said):
    assert words in GOOD
    path = tmp_path / "two_join.py"
    path.write_text(GOOD.replace(words, others))
    assert command.main([str(path), "--check"]) == 1
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1


def test_a_level_that_is_too_large_is_refused():
    with pytest.raises(LevelError, match="has more than 10 states: take fewer threads"):
        explore(Level.read(LEVELS / "a_ring.py"), limit=10)


@pytest.mark.parametrize("path", [*ALL, *LEVELS.glob("solutions/*.py")], ids=lambda path: path.stem)
def test_a_file_is_a_plain_program(path):
    """It imports nothing from the explorer, and its lines fit on a phone."""
    level = Level.read(path)
    assert "play" not in level.source.replace("display", "")
    assert level.lines()
    assert 2 <= len(explore(level).threads) <= 4


def test_the_solution_of_the_exercise_is_right():
    graph = explore(Level.read(LEVELS / "solutions" / "one_seat.py"))
    graph.compare()
    assert graph.broken == 4


def test_a_file_runs_by_itself():
    """This one keeps its promise, whoever goes first. (Others may not: that is their point.)"""
    program = [sys.executable, str(LEVELS / "with_a_lock.py")]
    done = subprocess.run(program, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_left_alone_counts_what_was_kept():
    level = Level.read(LEVELS / "with_a_lock.py")
    alone = left_alone(level, runs=5)
    assert (alone.runs, alone.kept) == (5, 5)


# The command.


def played(name: str, keys: str) -> str:
    """Play a level in the terminal; return what was said."""
    answers = iter([*keys, "q"])
    said: list[str] = []
    play_text(explore(Level.read(LEVELS / f"{name}.py")), lambda _: next(answers), said.append)
    return "\n".join(said)


def test_a_level_is_played_in_the_terminal():
    text = played("two_join", "12s12")
    assert "Promise: Both are members." in text
    assert "(Below this line nothing can save it.)" in text
    assert "next: ann bob" in text
    assert "Broken: only bob is a member" in text
    assert "Afterwards: Between looking and writing, another thread can write." in text
    assert "Kept, this time." in played("two_join", "1122")
    assert played("two_join", "12b2r").count("found = []") == played("two_join", "12b2").count(
        "found = []"
    )


def test_a_thread_that_cannot_go_says_why_and_does_not_go():
    text = played("with_a_lock", "12")
    assert "waits for lock, which ann holds" in text
    assert "Type a number" in text.partition("waits for lock")[2]


def test_a_claim_is_answered():
    words = "You are right. Real threads took every step"
    assert words in played("with_a_lock", one_order("with_a_lock") + "c")
    assert "It can: " in played("a_ring", one_order("a_ring") + "c")


def one_order(name: str) -> str:
    """Return the keys of an order, to its end."""
    graph = explore(Level.read(LEVELS / f"{name}.py"))
    keys, node = "", graph.nodes[0]
    while node.next:
        thread, node = next(iter(node.next.items()))
        keys += str(graph.threads.index(thread) + 1)
    return keys


def test_the_answer_is_not_given_before_somebody_has_played():
    """As in the page: in a level to decide on, one order comes first."""
    for key in "cs":
        text = played("with_a_lock", key)
        assert "You are right" not in text
        assert "no way from here breaks it" not in text
        assert "first play one order" in text


def test_the_command_lists_the_levels(capsys):
    assert command.main([]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(ALL)


def test_it_runs_from_the_top_of_the_checkout():
    program = [sys.executable, "-m", "tutorial.play", "two_join"]
    done = subprocess.run(
        program, cwd=TOP, input="1\n", capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Promise: Both are members." in done.stdout
    assert "break the promise" not in done.stdout
