"""The demo page in a real browser: everybody can read it and use it, on any screen."""

from __future__ import annotations

import pytest
from browser import PATIENCE, Open, chromium, say, see, see_state, tabs  # noqa: F401
from playwright.sync_api import Page, expect

from msgproxy import Server

TOO_WIDE = """() => [...document.querySelectorAll("html, body, main, #log")]
  .filter((node) => node.scrollWidth > node.clientWidth).map((node) => node.tagName)"""
"""Asks a tab which of its parts one could scroll sideways."""


def test_the_page_needs_no_mouse(server: Server, open_tab: Open) -> None:
    """With the keyboard alone one can rename oneself, invite, write lines, and send."""
    tab, other = open_tab(server), open_tab(server)
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
    weak = {what: ratio for what, ratio in contrasts(tab).items() if ratio < 4.5}
    assert weak == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_lines_stand_out_from_their_background(server: Server, open_tab: Open, scheme: str) -> None:
    """Lines and borders have a contrast of at least 3: also on a projector one sees them."""
    tab = open_tab(server, color_scheme=scheme)
    found = tab.evaluate(
        """() => {
          const pen = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
          const probe = document.body.appendChild(document.createElement("i"));
          const luminance = (name) => {
            probe.style.color = `var(${name})`;
            pen.fillStyle = getComputedStyle(probe).color;
            pen.fillRect(0, 0, 1, 1);
            const [red, green, blue] = [...pen.getImageData(0, 0, 1, 1).data].map((part) =>
              part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4);
            return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
          };
          const pairs = ["--rail", "--edge", "--sent", "--received", "--bad"].flatMap((line) =>
            ["--card", "--paper"].map((back) => [line, back]));
          return Object.fromEntries(pairs.map(([line, back]) => {
            const [low, high] = [luminance(line), luminance(back)].sort((one, two) => one - two);
            return [`${line} on ${back}`, (high + 0.05) / (low + 0.05)];
          }));
        }"""
    )
    assert {pair: ratio for pair, ratio in found.items() if ratio < 3} == {}


def contrasts(tab: Page) -> dict[str, float]:
    """Measure the WCAG contrast of what one reads, on what is really painted behind it."""
    return tab.evaluate(
        """() => {
          const pen = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
          const painted = (...colours) => {
            for (const colour of colours) { pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1); }
            return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
          };
          const linear = (part) =>
            part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4;
          const luminance = ([red, green, blue]) =>
            0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
          const behind = (node) => node ? [...behind(node.parentElement),
            getComputedStyle(node).backgroundColor] : ["white"];
          const contrast = (node) => {
            const back = behind(node);
            const [low, high] = [painted(...back),
              painted(...back, getComputedStyle(node).color)]
              .map(luminance).sort((one, other) => one - other);
            return (high + 0.05) / (low + 0.05);
          };
          const read = "h1, .motto, .state, label, dt, dd, #invite, a, code, button, .how, "
            + ".name, .text, time, #keys, kbd, #draft";
          return Object.fromEntries([...document.querySelectorAll(read)].map((node, number) =>
            [`${number} ${node.tagName} ${node.className || node.id}`, contrast(node)]));
        }"""
    )
