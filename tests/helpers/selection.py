"""Which tests run, and in which process.

By default those run that need a minute or two, and no program that this project does not install.
`pytest --all` adds the others, and a file or folder that is named on the command line runs whole.
Whatever is left out is named in one line at the end.

A test belongs to the others

* in a folder of `FOLDERS`: the whole folder is left out, and is not even imported;
* with a fixture of `FIXTURES`, which starts a program: a browser, Redis (and nginx in front of it);
* with the mark `@pytest.mark.extra("step programs")`: the words say what the test is about.

All tests run in parallel, in more processes than there are cores, since most of them wait most of
the time. So a test shares nothing with others: each has its own ports, folders and environment.
`pytest.mark.xdist_group("heavy")` keeps tests in one process, one after the other, that need much
memory or many threads. A module with an expensive fixture is a group, too: it is made once.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]

FOLDERS = {
    "book": "pages",
    "play": "levels",
    "tutorial": "programs of the tutorial",
    "variants": "broken variants",
}
FIXTURES = {"browser": "browser", "redis_server": "Redis"}

LEFT_OUT = pytest.StashKey[Counter[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--all",
        action="store_true",
        help="run all tests: also variants, pages, notebooks, browsers, Redis, nginx, benchmarks",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "extra(what): runs with --all only; `what` is named instead")
    config.stash[LEFT_OUT] = Counter()
    # The workers get the option, too; what was named is not told to them otherwise.
    if config.args_source is config.ArgsSource.ARGS:
        config.option.all = True


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Before the workers start: run the programs that pages show, once for all tests that need it.

    They run side by side already, and some of them measure.
    """
    config = session.config
    is_whole = config.option.all and config.args_source is not config.ArgsSource.ARGS
    if is_whole and not config.option.collectonly and not hasattr(config, "workerinput"):
        import runs  # it needs Sphinx

        tutorial = TESTS.parent / "tutorial"
        runs.run_programs_of(sorted([*tutorial.rglob("*.md"), *tutorial.rglob("*.notebook")]))


def pytest_xdist_auto_num_workers() -> int:
    """Return how many tests run at once. They wait more than they compute."""
    return 2 * (os.cpu_count() or 1)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    if not config.option.all and collection_path.parent == TESTS:
        return collection_path.name in FOLDERS or None
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Group what shares something, and leave out what is extra."""
    for item in items:
        is_in_a_group = item.get_closest_marker("xdist_group")
        if "browser" in getattr(item, "fixturenames", ()) and not is_in_a_group:
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
    if config.option.all:
        return
    extra = {item: what for item in items if (what := what_is_extra(item))}
    items[:] = [item for item in items if item not in extra]
    config.hook.pytest_deselected(items=list(extra))
    config.stash[LEFT_OUT].update(extra.values())


def pytest_collection_finish(session: pytest.Session) -> None:
    """Fail if groups do not work: pytest-xdist says nothing when pytest is too new for it."""
    if hasattr(session.config, "workerinput"):
        groups = [item for item in session.items if item.get_closest_marker("xdist_group")]
        if not all("@" in item.nodeid for item in groups):
            raise pytest.UsageError("this pytest-xdist does not know how this pytest names tests")


def what_is_extra(item: pytest.Item) -> str:
    """Return what a test is about that does not run by default; "" for those that do."""
    if mark := item.get_closest_marker("extra"):
        return str(mark.args[0])
    names = getattr(item, "fixturenames", ())
    return next((what for fixture, what in FIXTURES.items() if fixture in names), "")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let a worker tell what it has left out. All of them have left out the same."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["left_out"] = dict(session.config.stash[LEFT_OUT])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node) -> None:
    if left_out := getattr(node, "workeroutput", {}).get("left_out"):
        node.config.stash[LEFT_OUT] = Counter(left_out)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if config.option.all or config.option.collectonly:
        return
    counts = [f"{what} ({count})" for what, count in sorted(config.stash[LEFT_OUT].items())]
    what = ", ".join([*FOLDERS.values(), *counts])
    terminalreporter.write_line(
        f"Left out without --all: {what}. They take long, or need other programs."
    )
