"""The outputs that pages show: kept as long as nothing has changed that they came from.

Rule: each test has a checkout of its own, with programs that it writes.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from results import FOLDER, Program, ProgramFailed, Results

COUNT = "with open('runs', 'a') as runs: runs.write('x')\n"
"""In a program: leaves a mark each time it runs."""


@pytest.fixture
def top(tmp_path: Path) -> Path:
    for folder in ("msgproxy/protocol", "tutorial/steps", "tutorial/figures", "tutorial/parts"):
        (tmp_path / folder).mkdir(parents=True)
    return tmp_path


def write(top: Path, file: str, text: str) -> Program:
    (top / file).write_text(text, encoding="utf-8")
    return Program((file,))


def output(top: Path, program: Program) -> str:
    """Return it as another build would: nothing is known but what is on disk."""
    return Results(str(top)).output(program)


def runs(top: Path) -> int:
    return len((top / "runs").read_text())


def test_a_program_runs_once(top: Path) -> None:
    program = write(top, "tutorial/says.py", f"{COUNT}print('said')")
    assert [output(top, program) for _ in range(3)] == ["said\n"] * 3
    assert runs(top) == 1
    assert output(top, Program((*program.command, "an argument"))) == "said\n"
    assert runs(top) == 2


CHAIN = {
    "tutorial/first.py": f"{COUNT}import second; print(second.said())",
    "tutorial/second.py": "from step01_third import said",
    "tutorial/steps/step01_third.py": "from parts_of_it import said",
    "tutorial/steps/parts_of_it.py": "def said(): return 'one'",
}


@pytest.mark.parametrize("changed", CHAIN)
def test_it_runs_again_when_anything_that_it_imports_changes(top: Path, changed: str) -> None:
    for file, text in CHAIN.items():
        write(top, file, text)
    paths = "import sys; sys.path.append('tutorial/steps')\n"
    program = write(top, "tutorial/first.py", paths + CHAIN["tutorial/first.py"])
    assert output(top, program) == "one\n"
    with open(top / changed, "a", encoding="utf-8") as file:
        file.write("\n# changed")
    assert output(top, program) == "one\n"
    assert runs(top) == 2


@pytest.mark.parametrize(
    ("program", "changed"),
    [
        (COUNT + "from importlib import import_module\nimport_module('near')", "tutorial/near.py"),
        (COUNT + "import msgproxy", "msgproxy/protocol/frames.py"),
        (COUNT + "import msgproxy", "msgproxy/index.html"),
        (COUNT + "# of parts", "tutorial/parts/a_part.py"),
    ],
    ids=["by its name", "the package", "a file of the package", "a package beside it"],
)
def test_whatever_it_may_use_counts(top: Path, program: str, changed: str) -> None:
    for file in ("msgproxy/__init__.py", "tutorial/parts/__init__.py", changed):
        write(top, file, "")
    shown = write(top, "tutorial/shown.py", program)
    output(top, shown)
    write(top, changed, "changed = True")
    output(top, shown)
    assert runs(top) == 2


def test_what_it_does_not_use_does_not_count(top: Path) -> None:
    program = write(top, "tutorial/shown.py", COUNT)
    output(top, program)
    write(top, "tutorial/steps/other.py", "")
    write(top, "tutorial/chapter.md", "# A chapter")
    write(top, "msgproxy/frames.py", "")
    output(top, program)
    assert runs(top) == 1


MEETS = """
import pathlib, sys, time
pathlib.Path(sys.argv[1]).touch()
deadline = time.monotonic() + 40
while not pathlib.Path(sys.argv[2]).exists():
    assert time.monotonic() < deadline, "nobody came"
"""


def test_programs_run_side_by_side(top: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each of two waits for what the other does; and what goes on is said."""
    write(top, "tutorial/meets.py", MEETS)
    one, other = (Program(("tutorial/meets.py", *names)) for names in ("ab", "ba"))
    results = Results(str(top))
    results.start([one, other, one])
    assert results.output(one) == results.output(other) == ""
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "Running the 2 programs that the pages show."
    assert said[-1].startswith("Programs: 2 of 2")
    Results(str(top)).start([one, other])
    assert capsys.readouterr().err == ""


def test_a_failure_is_told_where_it_is_wanted_and_not_kept(top: Path) -> None:
    """Before, it has had a second try, with no other program beside it."""
    program = write(top, "tutorial/fails.py", f"{COUNT}raise SystemExit('no luck')")
    results = Results(str(top))
    results.start([program])
    for _ in range(2):
        with pytest.raises(ProgramFailed, match=r"ended with status 1, not 0.*\nno luck"):
            results.output(program)
    assert runs(top) == 2
    assert output(top, Program(program.command, status=1)) == "no luck\n"
    with pytest.raises(ProgramFailed):
        output(top, program)
    assert runs(top) == 4


def test_it_prints_the_same_whoever_builds(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of Python, and the size of a terminal, are those of whoever builds: they go."""
    text = "import os, shutil, sys\nprint(sys.flags.dev_mode, shutil.get_terminal_size().columns)"
    program = write(top, "tutorial/prints.py", text)
    monkeypatch.setenv("PYTHONDEVMODE", "1")
    monkeypatch.setenv("COLUMNS", "40")
    assert output(top, program) == "False 80\n"


def test_a_checkout_that_cannot_be_written_can_be_built(top: Path) -> None:
    program = write(top, "tutorial/says.py", "print('said')")
    (top / FOLDER).parent.mkdir()
    (top / FOLDER).write_text("a file stands where the folder would be")
    assert output(top, program) == "said\n"
