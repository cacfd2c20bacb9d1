"""The demo page in a real browser: what a visitor sees, types and is told.

Rule: the browser, with the thread and the sockets that Playwright has, starts before the check
for what a test leaves behind (`nothing_is_left`) counts, and ends after all tests. Tabs belong
to the test that opened them; their ends of the sockets are in the browser's process.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator

import pytest

from msgproxy import Server

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, expect  # noqa: E402

PATIENCE = 20_000
"""Milliseconds that a test waits for what has to come. Generous: a busy machine is no bug."""

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)

Open = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium. Nothing is downloaded; without one the tests say so and skip."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        give_up = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        give_up(f"no browser: none of {', '.join(NAMES)} is installed")
    # Chromium has no sandbox for root.
    sandbox = ("--no-sandbox",) if os.name == "posix" and os.geteuid() == 0 else ()
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*QUIET, *sandbox])
        yield browser
        browser.close()


@pytest.fixture
def open_tab(browser: Browser) -> Iterator[Open]:
    """Open tabs as separate visitors: `open_tab(server, color_scheme="dark")`.

    Each collects in `tab.troubles` what it complains about, and what it asks for elsewhere.
    """
    contexts = []

    def open_one(server: Server, **options: object) -> Page:
        contexts.append(browser.new_context(**options))
        tab = contexts[-1].new_page()
        tab.set_default_timeout(PATIENCE)
        tab.troubles = []
        tab.on("console", lambda message: tab.troubles.append(message.text))
        tab.on("pageerror", lambda error: tab.troubles.append(str(error)))
        tab.on("dialog", lambda dialog: (tab.troubles.append("a dialog"), dialog.dismiss()))
        tab.goto(server.url)
        see_state(tab, "connected")
        return tab

    yield open_one
    for context in contexts:
        context.close()


def see_state(tab: Page, state: str) -> None:
    expect(tab.get_by_role("status")).to_have_text(state, timeout=PATIENCE)


def say(tab: Page, text: str) -> None:
    tab.get_by_label("Message to everyone else").fill(text)
    tab.get_by_role("button", name="Send").click()


def see(tab: Page, text: str, number: int = 0) -> None:
    """Wait until a message with exactly this text is in the log."""
    row = tab.locator(".message .text").nth(number)
    expect(row).to_have_text(text, timeout=PATIENCE)


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


def test_two_tabs_see_each_others_messages_and_names(server: Server, open_tab: Open) -> None:
    """Two tabs talk through one server, and each sees what the other said, and its name."""
    one, two = open_tab(server), open_tab(server)
    say(one, "hello from one")
    see(two, "hello from one")
    say(two, "hello from two,\nin two lines")
    see(one, "hello from two,\nin two lines", 1)
    names = [tab.get_by_label("Your name").input_value() for tab in (one, two)]
    assert names[0] != names[1]
    for tab in (one, two):
        assert tab.locator(".name").all_inner_texts() == names
        assert tab.locator("#sent, #received").all_inner_texts() == ["1", "1"]
    assert "own" in one.locator(".message").first.get_attribute("class")
    assert "other" in two.locator(".message").first.get_attribute("class")


def test_markup_in_a_message_is_shown_as_text(server: Server, open_tab: Open) -> None:
    """Markup and script in a message, or in a name, are shown as typed and run nothing."""
    one, two = open_tab(server), open_tab(server)
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    one.get_by_label("Your name").fill("<b onclick=alert(3)>")
    say(one, evil)
    for tab in (one, two):
        see(tab, evil)
        assert tab.locator(".name").inner_text() == "<b onclick=alert(3)>"
        assert tab.locator("#rows img, #rows script, #rows b").count() == 0
        assert tab.troubles == []


def test_the_page_is_one_request_and_breaks_no_policy(server: Server, open_tab: Open) -> None:
    """The page asks for nothing but itself, and neither console nor policy complain."""
    tab = open_tab(server)
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("websocket", lambda socket: asked.append(socket.url))
    tab.reload()
    see_state(tab, "connected")
    say(tab, "hello")
    see(tab, "hello")
    remote = [url for url in asked if not url.startswith("data:")]
    assert remote == [server.url, server.url.replace("http", "ws")]
    assert tab.troubles == []


def test_the_policy_refuses_what_the_page_does_not_bring(server: Server, open_tab: Open) -> None:
    """Should the page ever put text in as markup or add a script, the browser refuses it."""
    tab = open_tab(server)
    with pytest.raises(sync_api.Error, match="TrustedHTML"):
        tab.evaluate("document.body.innerHTML = '<p>'")
    with pytest.raises(sync_api.Error, match="TrustedScript"):
        tab.evaluate("document.createElement('script').text = 'alert(1)'")


def test_the_page_reconnects_after_a_restart(open_tab: Open) -> None:
    """A tab that lost its server says why, and is back without help when it runs again."""
    with Server(port=0) as server:
        tab, port = open_tab(server), int(server.url.rstrip("/").rpartition(":")[2])
    expect(tab.locator("#why")).to_contain_text("The server stopped (1001", timeout=PATIENCE)
    expect(tab.locator(".state")).to_have_text(re.compile(r"reconnecting in \d+ s"))
    with Server(port=port) as server:
        see_state(tab, "connected")
        expect(tab.locator("#trouble")).to_be_hidden()
        say(tab, "back again")
        see(open_tab_and_hear(tab, open_tab(server)), "still here")


def open_tab_and_hear(tab: Page, other: Page) -> Page:
    say(tab, "still here")
    return other


def test_what_was_typed_survives_a_disconnect(open_tab: Open) -> None:
    """Without a connection nothing is sent, the page says so, and what was typed stays."""
    with Server(port=0) as server:
        tab, port = open_tab(server), int(server.url.rstrip("/").rpartition(":")[2])
        draft = tab.get_by_label("Message to everyone else")
        draft.fill("half a sentence")
    expect(tab.locator("#trouble")).to_contain_text("stays here", timeout=PATIENCE)
    expect(tab.get_by_role("button", name="Send")).to_be_disabled()
    draft.press("Enter")
    expect(draft).to_have_value("half a sentence")
    with Server(port=port):
        tab.get_by_role("button", name="Reconnect now").click()
        see_state(tab, "connected")
        draft.press("Enter")
        see(tab, "half a sentence")
        expect(draft).to_have_value("")


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
    fits = "() => document.documentElement.scrollWidth <= innerWidth"
    inside = "() => [...document.querySelectorAll('main, #log')].every(n => n.scrollWidth <= n.clientWidth)"
    assert tab.evaluate(fits) and tab.evaluate(inside)
    tab.get_by_label("Your name").fill("W" * 32)
    say(tab, "W" * 400)
    see(tab, "W" * 400)
    assert tab.evaluate(fits) and tab.evaluate(inside)


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


def test_a_burst_is_shown_within_the_limit(server: Server, open_tab: Open) -> None:
    """Thousands of messages leave at most 500 rows, and who reads further up stays there."""
    tab, other = open_tab(server), open_tab(server)
    send_many = """(count) => new Promise((done) => {
      const socket = new WebSocket(location.origin.replace("http", "ws"));
      socket.onopen = () => { for (let i = 1; i <= count; i++) socket.send(`burst: ${i}`); done(); };
    })"""
    other.evaluate(send_many, 5000)
    expect(tab.locator("#received")).to_have_text("5,000", timeout=PATIENCE)
    see(tab, "5000", 499)
    assert tab.locator("#rows > li").count() == 500
    expect(tab.locator("#full")).to_contain_text("500")
    tab.locator("#log").evaluate("(log) => { log.scrollTop = -2000; }")
    other.evaluate(send_many, 3)
    button = tab.get_by_role("button", name="3 new messages")
    expect(button).to_be_visible(timeout=PATIENCE)
    assert tab.locator("#log").evaluate("(log) => log.scrollTop") < -1900
    button.click()
    expect(button).to_be_hidden(timeout=PATIENCE)


def test_what_is_no_chat_is_shown_too(start: Callable[..., Server], open_tab: Open) -> None:
    """Binary, text without a name, and one's own words under `--echo` are shown as such."""
    tab = open_tab(start(echo=True))
    say(tab, "who is there?")
    see(tab, "who is there?", 1)
    tab.evaluate(
        """() => {
          const socket = new WebSocket(location.origin.replace("http", "ws"));
          socket.onopen = () => { socket.send("no name"); socket.send(new Uint8Array(40)); };
        }"""
    )
    see(tab, "no name", 2)
    expect(tab.locator(".message").nth(3)).to_contain_text("40 bytes of binary", timeout=PATIENCE)
    kinds = [row.get_attribute("class") for row in tab.locator(".message").all()]
    assert kinds == ["message own", "message echo", "message other", "message other binary"]
    assert tab.locator(".name").nth(2).inner_text() == "someone"
