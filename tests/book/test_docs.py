"""The tutorial as pages: they build without a warning, lead nowhere wrong, and look right.

Rule: the pages are built once, from the checkout as it is, into a folder of the test's own. The
source may be read-only, and a network is not needed: neither for the build nor for a reader.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from browser import chromium  # noqa: F401
from playwright.sync_api import Browser, Page

pytest.importorskip("sphinx")

TOP = Path(__file__).parents[2]
DEADLINE = 600
"""Seconds for the build, which runs all programs that the pages show."""

WIDTHS = (390, 800, 1100, 1280, 1366, 1920)
"""Pixels: a phone, and to both sides of where the theme hides or shows a column."""

TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"

pytestmark = [pytest.mark.timeout(DEADLINE + 60), pytest.mark.xdist_group("docs")]


class Links(HTMLParser):
    """Collects what a page refers to: places to go to, things it loads, and its own anchors."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.followed: list[str] = []
        self.loaded: list[str] = []
        self.anchors: set[str] = set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.anchors |= {found[name] for name in ("id", "name") if name in found}
        if tag == "a":
            self.followed.append(found.get("href", ""))
        else:
            names = ("href", "src", "srcset", "data", "poster", "action", "xlink:href")
            self.loaded += [found[name] for name in names if found.get(name)]


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """The built pages. A warning fails the build."""
    out = tmp_path_factory.mktemp("docs")
    done = subprocess.run(
        [
            *[sys.executable, "-m", "sphinx", "-W", "--keep-going", "-n", "-q", "-b", "html"],
            *["-d", out / "doctrees", TOP / "tutorial", out / "html"],
        ],
        cwd=out,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return out / "html"


def pages(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


def pages_written(site: Path) -> list[Path]:
    """All but the files of the repository, which look alike."""
    return [page for page in pages(site) if site / "source" not in page.parents]


def is_elsewhere(address: str) -> bool:
    return bool(urlsplit(address).netloc)


def test_every_page_of_the_tutorial_is_there(site: Path) -> None:
    """What is written is built, and the home page or the sidebar leads to it."""
    written = {
        file.relative_to(TOP / "tutorial").with_suffix(".html").as_posix()
        for folder in ("", "reference")
        for file in (TOP / "tutorial" / folder).glob("*.md")
    }
    links = Links(site / "index.html").followed
    linked = {urlsplit(link).path for link in links if not is_elsewhere(link)}
    assert written - {"index.html"} <= linked


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    """No font, style, script or picture comes from another host."""
    loaded = {(page.name, link) for page in pages(site) for link in Links(page).loaded}
    assert [pair for pair in loaded if is_elsewhere(pair[1])] == []
    for style in site.rglob("*.css"):
        text = re.sub(r"/\*.*?\*/", "", style.read_text(encoding="utf-8"), flags=re.DOTALL)
        addresses = re.findall(r"""(?:url\(|@import)\s*["']?([^"')\s]+)""", text)
        assert not list(filter(is_elsewhere, addresses)), style.name


def test_no_page_tells_where_it_was_built(site: Path) -> None:
    """No path of this machine has got into the pages, as from a traceback."""
    places = [str(TOP), str(site.parent), sys.prefix, sys.base_prefix, str(Path.home())]
    for file in [*pages(site), *site.rglob("*.js"), *site.rglob("*.svg")]:
        text = file.read_text(encoding="utf-8")
        told = [place for place in places if f"{place}/" in text and len(place) > len("/usr")]
        assert not told, file.name


def test_every_link_within_leads_somewhere(site: Path) -> None:
    """Pages, anchors, styles, scripts and pictures: all are there."""
    links = {page: Links(page) for page in pages(site)}
    broken = [
        (page.relative_to(site).as_posix(), link)
        for page, found in links.items()
        for link in {*found.followed, *found.loaded}
        if not leads_somewhere(page, link, links)
    ]
    assert broken == []


def leads_somewhere(page: Path, link: str, links: dict[Path, Links]) -> bool:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return True
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if not target.is_file():
        return False
    is_anchored = parts.fragment and target in links
    return not is_anchored or unquote(parts.fragment) in links[target].anchors


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """A tab that notes in `troubles` what the console says, and every request to elsewhere."""
    context = browser.new_context(offline=True)
    tab = context.new_page()
    tab.troubles = []
    tab.on("console", lambda message: tab.troubles.append(message.text))
    tab.on("pageerror", lambda error: tab.troubles.append(str(error)))
    tab.on("request", lambda request: note(tab, request.url))
    yield tab
    context.close()


def note(tab: Page, url: str) -> None:
    if not url.startswith(("file:", "data:", "blob:")):
        tab.troubles.append(url)


def test_pages_fit_every_window_and_have_no_errors(site: Path, tab: Page) -> None:
    """Nothing scrolls sideways but what has a scroll bar of its own, and the console is quiet.

    In light and in dark, which differ in colours alone.
    """
    too_wide = []
    for page in [*pages_written(site), site / "source" / "msgproxy" / "broker.py.html"]:
        tab.goto(page.as_uri())
        for width in WIDTHS:
            tab.set_viewport_size({"width": width, "height": 900})
            if tab.evaluate(TOO_WIDE):
                too_wide.append((page.relative_to(site).as_posix(), width))
        for scheme in ("dark", "light"):
            tab.emulate_media(color_scheme=scheme)
    assert too_wide == []
    assert tab.troubles == []
