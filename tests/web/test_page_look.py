"""The demo page in a real browser: everybody can read it and use it, on any screen."""

from __future__ import annotations

import pytest
from browser import PATIENCE, Open, both, say, see, see_state, tabs  # noqa: F401
from contrast import contrasts
from playwright.sync_api import expect

from msgproxy import Server

TOO_WIDE = """() => [...document.querySelectorAll("html, body, main, #log")]
  .filter((node) => node.scrollWidth > node.clientWidth).map((node) => node.tagName)"""
"""Asks a tab which of its parts one could scroll sideways."""

TEXTS = (
    "h1, .motto, .state, label, dt, dd, #invite, a, code, button, .how, .name, .text, time, "
    "#keys, kbd, #draft"
)


def test_the_page_needs_no_mouse(server: Server, open_tab: Open) -> None:
    """With the keyboard alone one can rename oneself, invite, write lines, and send."""
    other, tab = open_tab(server), open_tab(server)  # Firefox shows the focus in front only
    tab.keyboard.type("first line")  # the focus is where one writes
    tab.keyboard.press("Shift+Enter")
    tab.keyboard.type("second line")
    tab.keyboard.press("Enter")
    see(other, "first line\nsecond line")
    tab.locator("#name").focus()
    path = []
    for _ in range(6):
        path.append(tab.evaluate("document.activeElement.id || document.activeElement.tagName"))
        assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        tab.keyboard.press("Tab")
    assert path == ["name", "A", "copy", "log", "draft", "send"]


@pytest.mark.parametrize("width", [320, 1280])
def test_nothing_is_wider_than_the_window(server: Server, open_tab: Open, width: int) -> None:
    """Not even on a screen of 320 pixels and with the longest word does one scroll sideways."""
    tab = open_tab(server, viewport={"width": width, "height": 640})
    assert tab.evaluate(TOO_WIDE) == []
    tab.get_by_label("Your name").fill("W" * 32)
    say(tab, "W" * 400)
    see(tab, "W" * 400)
    assert tab.evaluate(TOO_WIDE) == []
    server.close()
    see_state(tab, "reconnecting")
    assert tab.evaluate(TOO_WIDE) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_background(server: Server, open_tab: Open, scheme: str) -> None:
    """All text has a contrast of at least 4.5 in both schemes, whatever the colour of a name."""
    tab, other = open_tab(server, color_scheme=scheme), open_tab(server)
    for number in range(24):
        other.get_by_label("Your name").fill(f"name {number}")
        say(other, "hello")
    say(tab, "hello to all of you")
    expect(tab.locator(".message")).to_have_count(25, timeout=PATIENCE)
    weak = {what: ratio for what, ratio in contrasts(tab, TEXTS, "color").items() if ratio < 4.5}
    assert weak == {}
