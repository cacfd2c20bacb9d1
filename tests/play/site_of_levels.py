"""The page with all levels, really built, and a player's few moves on it.

Rule: it is the page of the tutorial, with its theme and its colours; only the other pages are
missing, so that it is built in seconds. A test module imports the fixtures.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser import PATIENCE, Browser, Firefox, Page
from playwright.sync_api import Locator, expect

TOP = Path(__file__).parents[2]
CHAPTERS = ("02-threads", "03-shared", "04-lock", "05-writers")
CHAPTERS += ("06-broker", "07-leaving", "08-bounds", "13-package")
CONF = f"""
import runpy
globals().update(runpy.run_path({str(TOP / "tutorial" / "conf.py")!r}))
extensions = ["myst_parser", "sphinx_copybutton", "sphinx_design", "level"]
include_patterns = ["*.md"]
html_static_path = [{str(TOP / "tutorial" / "_static")!r}]
"""

NEEDS_THE_PAGE = [pytest.mark.timeout(600), pytest.mark.xdist_group("levels")]
"""The marks of a module whose tests visit the page: the first of them all builds it, for all."""

Visit = Callable[..., Page]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the page, and return the folder it is in."""
    top = tmp_path_factory.mktemp("site")
    book = top / "tutorial"
    book.mkdir()
    (top / "msgproxy").symlink_to(TOP / "msgproxy")
    kept = TOP / "tutorial" / "_build" / "results"  # what is known already runs no second time
    kept.mkdir(parents=True, exist_ok=True)
    (book / "_build").mkdir()
    (book / "_build" / "results").symlink_to(kept)
    for name in ("levels", "play", "play.md", "_static"):
        (book / name).symlink_to(TOP / "tutorial" / name)
    (book / "conf.py").write_text(CONF)
    for chapter in CHAPTERS:
        (book / f"{chapter}.md").write_text(f"# {chapter}\n")
    (book / "write-a-level.md").write_text("# Write a level\n")
    (book / "index.md").write_text("# Home\n\n```{toctree}\n:glob:\n\n*\n```\n")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-b", "html", str(book), str(top / "html")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return top / "html"


@pytest.fixture(name="visit")
def visitor(browser: Browser | Firefox, site: Path) -> Iterator[Visit]:
    """Open the page from its file: `visit("two_join=12", color_scheme="dark")`.

    It does not scroll smoothly, unless a test wants that: what is under the mouse when its button
    is pressed has to be there when it is released. At the end of the test no page may have had
    anything to say on its console.
    """
    contexts, troubles = [], []

    def open_page(link: str = "", *, reduced_motion: str = "reduce", **options: object) -> Page:
        contexts.append(browser.new_context(reduced_motion=reduced_motion, **options))
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto((site / "play.html").as_uri() + (f"#{link}" if link else ""))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert troubles == [], f"the console says {troubles}"


def level_on(page: Page, name: str) -> Locator:
    """Choose a level, as a visitor does, and return it."""
    page.locator(f'.levels-choice a[href="#{name}"]').click()
    level = page.locator(f"#level-{name}")
    expect(level).to_be_visible()
    return level


def press(page: Page, level: Locator, keys: str) -> None:
    """Press keys, one after the other; the focus has to stay in the level all the time."""
    for key in keys:
        page.keyboard.press(key)
        where = "level => level.contains(document.activeElement) && document.activeElement.tagName"
        assert level.evaluate(where) == "BUTTON", f"the focus is lost after '{key}'"


def history(level: Locator) -> list[str]:
    """Return what the table says was done."""
    return level.locator(".level-step").all_text_contents()
