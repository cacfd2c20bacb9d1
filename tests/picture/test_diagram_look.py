"""Pictures of recordings, as a browser paints them: labels that can be read, in every theme."""

from __future__ import annotations

import pytest
from browser import chromium  # noqa: F401
from playwright.sync_api import Browser
from recordings import HOSTILE, RUNS, hop, run

from msgproxy.events import MessageId
from msgproxy.picture.diagram import draw
from msgproxy.picture.from_hops import timeline_from_hops
from msgproxy.picture.palette import DARK, LIGHT

OVERLAPS = """() => {
  const boxes = (selector) => [...document.querySelectorAll(selector)].map((node) => {
    const { left, top, right, bottom } = node.getBoundingClientRect();
    return { what: `${node.getAttribute("class")} ${node.textContent}`, left, top, right, bottom };
  });
  const svg = boxes("svg")[0];
  const words = boxes("svg text");
  const drawn = boxes("svg .box, svg .wait, svg rect[class^=f], svg .go, svg .lane, svg .lead");
  const cross = (one, other) => one.left < other.right - 0.5 && other.left < one.right - 0.5
    && one.top < other.bottom - 1.5 && other.top < one.bottom - 1.5;
  const found = [];
  words.forEach((word, place) => {
    for (const other of words.slice(place + 1).concat(drawn)) {
      if (cross(word, other)) found.push([word.what, other.what]);
    }
    if (word.left < 0 || word.right > svg.right || word.bottom > svg.bottom) {
      found.push([word.what, "the edge"]);
    }
  });
  return found;
}"""
"""Asks a page with a picture which labels lie on others or on lines, or are cut off."""


@pytest.fixture
def show(browser: Browser):
    pages = []

    def show_one(content: str, **options):
        page = browser.new_page(**options)
        pages.append(page)
        page.set_content(content)
        return page

    yield show_one
    for page in pages:
        page.close()


@pytest.mark.parametrize("name", RUNS)
def test_labels_lie_neither_on_each_other_nor_on_lines(show, name: str):
    """Measured as it is painted, at its full size."""
    page = show(f'<body style="margin:0">{draw(run(name))}')
    assert page.evaluate(OVERLAPS) == []


@pytest.mark.parametrize("name", RUNS)
def test_no_label_is_smaller_than_10_pixels(show, name: str):
    """As it is painted where there is little room: the picture keeps its size, and is scrolled."""
    page = show(f'<div style="width:300px">{draw(run(name))._repr_html_()}</div>')
    sizes = page.evaluate(
        """() => [...document.querySelectorAll("svg text")].map((text) => {
            const scale = text.getScreenCTM().a;
            return scale * parseFloat(getComputedStyle(text).fontSize);
        })"""
    )
    assert min(sizes) >= 10


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_cover_nothing(show, text: str):
    """Not even characters that are wider or higher than others."""
    timeline = timeline_from_hops(
        [hop(n, f"reader-{n}", "received", (MessageId(n, 1),), text * 3) for n in (1, 2, 3)]
    )
    page = show(f'<body style="margin:0">{draw(timeline, title=text, caption=text)}')
    assert page.evaluate(OVERLAPS) == []


@pytest.mark.parametrize(
    ("scheme", "theme", "paper"),
    [
        ("light", "", "paper light"),
        ("dark", "", "paper dark"),
        ("dark", 'data-theme="light"', "paper light"),
        ("light", 'data-theme="dark"', "paper dark"),
        ("light", 'data-jp-theme-light="false"', "paper dark"),
        ("dark", 'data-jp-theme-light="true"', "paper light"),
    ],
)
def test_it_follows_the_theme_of_the_page(show, scheme: str, theme: str, paper: str):
    """What the page says counts for more than what the system says."""
    page = show(f"<body {theme}>{draw(run('conversation'))}", color_scheme=scheme)
    fill = page.evaluate("getComputedStyle(document.querySelector('.paper')).fill")
    colours = {"paper light": LIGHT["paper"], "paper dark": DARK["paper"]}
    red, green, blue = (int(colours[paper][at : at + 2], 16) for at in (1, 3, 5))
    assert fill == f"rgb({red}, {green}, {blue})"


def test_a_page_can_give_it_other_colours(show):
    """Each colour is a variable."""
    page = show(f'<body style="--diagram-paper:transparent">{draw(run("conversation"))}')
    assert page.evaluate("getComputedStyle(document.querySelector('.paper')).fill") == (
        "rgba(0, 0, 0, 0)"
    )


def test_what_is_written_can_be_told_from_what_it_stands_on():
    """Text has a contrast of at least 4.5 in both schemes; coloured lines and bars of 3."""
    for scheme in (LIGHT, DARK):
        for paper in ("paper", "track"):
            for name in ("ink", "soft"):
                assert contrast(scheme[name], scheme[paper]) >= 4.5, (name, paper)
            for name in ("s1", "s2", "s3", "s4", "s5", "s6", "bad"):
                assert contrast(scheme[name], scheme[paper]) >= 3, (name, paper)


def contrast(one: str, other: str) -> float:
    """As WCAG has it."""
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
