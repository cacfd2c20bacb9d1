"""The demo page in a real browser: what a visitor types, sees and is told.

The fixture `open_tab`, and the few moves of a visitor, are in `browser.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from browser import PATIENCE, Open, both, say, see, see_state, tabs  # noqa: F401
from playwright.sync_api import expect
from ports import free_port

from msgproxy import Server


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


def test_the_page_reconnects_after_a_restart(open_tab: Open) -> None:
    """A tab that lost its server says why, and is back without help when it runs again."""
    port = free_port()
    with Server(port=port) as server:
        tab = open_tab(server)
    expect(tab.locator("#why")).to_contain_text("The server stopped (1001). ", timeout=PATIENCE)
    expect(tab.locator(".state")).to_have_text(re.compile(r"reconnecting in \d+ s"))
    with Server(port=port) as server:
        see_state(tab, "connected")
        expect(tab.locator("#trouble")).to_be_hidden()
        other = open_tab(server)
        say(tab, "back again")
        see(other, "back again")


def test_what_was_typed_survives_a_disconnect(open_tab: Open) -> None:
    """Without a connection nothing is sent, the page says so, and what was typed stays."""
    port = free_port()
    with Server(port=port) as server:
        tab = open_tab(server)
        draft = tab.get_by_label("Message to everyone else")
        draft.fill("half a sentence")
    expect(tab.locator("#trouble")).to_contain_text("stays here", timeout=PATIENCE)
    expect(tab.get_by_role("button", name="Send")).to_be_disabled()
    draft.press("Enter")
    expect(draft).to_have_value("half a sentence")
    with Server(port=port):
        tab.locator("#retry").evaluate("(button) => button.click()")  # it may try by itself first
        see_state(tab, "connected")
        draft.press("Enter")
        see(tab, "half a sentence")
        expect(draft).to_have_value("")


def test_a_burst_is_shown_within_the_limit(server: Server, open_tab: Open) -> None:
    """Thousands of messages leave at most 500 rows, and who reads further up stays there."""
    tab, other = open_tab(server), open_tab(server)
    send_many = """(count) => new Promise((done) => {
      const socket = new WebSocket(location.origin.replace("http", "ws"));
      socket.onopen = () => {
        for (let i = 1; i <= count; i++) socket.send(`burst: ${i}`);
        done();
      };
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
