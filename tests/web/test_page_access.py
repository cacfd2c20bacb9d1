"""The demo page in each browser: everybody can use it, also by keyboard, enlarged, or in the
colours of the system.
"""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import PATIENCE, Open, both, say, see, tabs  # noqa: F401
from contrast import contrasts
from inside_view import look_inside, watched  # noqa: F401
from playwright.sync_api import Page, expect

from msgproxy import Server

ENLARGED = {"width": 320, "height": 256}
"""What 400 % leaves of a window of 1,280 x 1,024."""


def violations(tab: Page) -> list[str]:
    """Ask axe-core what people cannot use."""
    found = Axe().run(tab, options={"preload": False}).response["violations"]
    return [f"{rule['id']}: {node['html']}" for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (1280, "dark")])
def test_axe_finds_nothing(server: Server, open_tab: Open, scheme: str, width: int) -> None:
    """In no view, neither when it is empty nor when something has been said."""
    tab = open_tab(server, color_scheme=scheme, viewport={"width": width, "height": 800})
    other = open_tab(server)
    assert violations(tab) == []
    say(tab, "hello")
    see(other, "hello")
    say(other, "hello to you")
    see(tab, "hello to you", 1)
    assert violations(tab) == []
    look_inside(tab, 2)
    tab.get_by_role("button", name="Say hello").click()
    expect(tab.locator("#steps")).to_contain_text("hello", timeout=PATIENCE)
    tab.locator("#pause").click()
    assert violations(tab) == []


BORDERS = ".box, button:not(#columns button), input:not([type=range]), textarea, nav, kbd"
STROKES = (
    "#scene .line, #scene .shape, #scene .slots, #scene .thread:not([data-thread=broker]) circle"
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_lines_stand_out(server: Server, open_tab: Open, scheme: str) -> None:
    """Borders, and the lines of both pictures, have a contrast of at least 3."""
    tab = open_tab(server, color_scheme=scheme)
    found = contrasts(tab, BORDERS, "borderTopColor")
    found |= contrasts(
        tab, ".map .line path, .map .queue rect, .map .thread :not(.broker)", "stroke"
    )
    look_inside(tab, 1)
    found |= contrasts(tab, BORDERS, "borderTopColor") | contrasts(tab, STROKES, "stroke")
    weak = {what: ratio for what, ratio in found.items() if ratio < 3}
    assert weak == {}


def test_in_forced_colours_shapes_say_what_colours_did(server: Server, open_tab: Open) -> None:
    """The current view has an outline and a line under it; all words are in the colour of text."""
    tab = open_tab(server, forced_colors="active")
    assert tab.evaluate("matchMedia('(forced-colors: active)').matches")
    look = """(link) => {
      const { outlineStyle, textDecorationLine } = getComputedStyle(link);
      return [outlineStyle, textDecorationLine];
    }"""
    here, there = (tab.get_by_role("link", name=name) for name in ("Talk", "Inside"))
    assert here.evaluate(look) == ["solid", "underline"]
    assert there.evaluate(look) == ["none", "none"]
    look_inside(tab, 1)
    expect(tab.locator("[data-own='true'] .says")).to_have_text("you")
    fills = """[...document.querySelectorAll("#scene text")].map((text) =>
      getComputedStyle(text).fill)"""
    assert len(set(tab.evaluate(fills))) == 1


def test_enlarged_four_times_there_is_still_something_to_see(
    server: Server, open_tab: Open
) -> None:
    """The log and the picture are high enough to be used, and nothing scrolls sideways."""
    tab, other = open_tab(server, viewport=ENLARGED), open_tab(server)
    say(other, "hello")
    see(tab, "hello")
    assert tab.locator("#log").bounding_box()["height"] >= 100
    look_inside(tab, 2)
    assert tab.locator("#stage").bounding_box()["height"] >= 200
    assert tab.evaluate("document.documentElement.scrollWidth") <= ENLARGED["width"]


WHERE = """() => {
  const { id, tagName, textContent } = document.activeElement;
  const { width, height } = document.activeElement.getBoundingClientRect();
  const { outlineStyle } = getComputedStyle(document.activeElement);
  return { name: id || textContent.trim() || tagName, tagName, isSeen: width > 1 && height > 1,
    outlineStyle };
}"""


def stops(tab: Page, first: str) -> list[dict]:
    """Press Tab until the end of the page; return where the focus came."""
    tab.locator(first).focus()
    tab.keyboard.press("Tab")  # only from here on it is the keyboard that moves the focus
    found = []
    while (stop := tab.evaluate(WHERE))["tagName"] not in ("BODY", "HTML") and len(found) < 40:
        found.append(stop)
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement === document.querySelector('nav a')"):
            break
    return found


@pytest.mark.parametrize("view", ["talk", "inside"])
def test_each_stop_of_the_tab_key_can_be_seen(server: Server, open_tab: Open, view: str) -> None:
    """Nothing that is out of sight gets the focus, and what gets it shows so."""
    tab = open_tab(server)
    if view == "inside":
        look_inside(tab, 1)
    for stop in stops(tab, f"nav a[href='#{view}']"):
        assert stop["isSeen"], stop
        assert stop["outlineStyle"] == "solid", stop


def test_no_button_loses_the_focus(server: Server, open_tab: Open) -> None:
    """The focus stays where it was, while the button works and after that."""
    tab = open_tab(server)
    look_inside(tab, 1)
    for name in ("Say hello", "Say 1,000 messages"):
        button = tab.get_by_role("button", name=name)
        button.focus()
        tab.keyboard.press("Enter")
        expect(button).to_be_focused()
    expect(tab.locator("#sent")).to_have_text("1,002", timeout=2 * PATIENCE)
    expect(tab.get_by_role("button", name="Say 1,000 messages")).to_be_focused()


def test_a_lost_connection_leaves_the_focus(server: Server, open_tab: Open) -> None:
    """What cannot be done then is marked, and stays where the keyboard is."""
    tab = open_tab(server)
    look_inside(tab, 1)
    button = tab.get_by_role("button", name="Say hello")
    button.focus()
    server.close()
    expect(button).to_be_disabled()
    expect(button).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab.locator("#sent")).to_have_text("0")
