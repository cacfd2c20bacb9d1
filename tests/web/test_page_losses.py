"""The demo page when a connection is lost, or there is none to be had: it says what is so."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable

from browser import PATIENCE, Open, both, say, see, see_state, tabs  # noqa: F401
from clients import RawClient, wait_for_clients
from playwright.sync_api import Page, expect
from ports import free_port
from process import ServeProcess

from msgproxy import Limits, Server

WAIT_FOR_THE_BUTTON = "() => { globalThis.setTimeout = () => 0; }"
"""Has a tab make no attempt by itself."""

UNTIL_IT_IS_STUCK = """() => new Promise((done) => {
  let before = "1", times = 0;
  const look = () => {
    const said = document.querySelector("#sent").textContent;
    times = said === before ? times + (said !== "1") : 0;
    before = said;
    if (times > 600) return done();
    setTimeout(look, 5);
  };
  look();
})"""
"""Waits until a tab sends nothing more: what it says now waits in the browser. It looks as often as
the page would have, to say more: a busy machine has stopped both."""


def test_a_full_server_says_so(open_tab: Open) -> None:
    """To a tab that comes back, and to a new one, which gets the page all the same."""
    port = free_port()
    with Server(port=port) as server:
        tab = open_tab(server)
        tab.evaluate(WAIT_FOR_THE_BUTTON)
    expect(tab.locator("#why")).to_contain_text("The server stopped", timeout=PATIENCE)
    with (
        Server(port=port, limits=Limits(max_clients=1)) as server,
        RawClient(server.url),
    ):
        wait_for_clients(server, 1)
        tab.get_by_role("button", name="Reconnect now").click()
        expect(tab.locator("#why")).to_contain_text("The server is full (503).", timeout=PATIENCE)
        new = tab.context.new_page()
        new.goto(server.url)
        expect(new.locator("#why")).to_contain_text("The server is full (503).", timeout=PATIENCE)
        new.get_by_role("link", name="Inside").click()
        expect(new.locator("#blind")).to_contain_text("No view of the server", timeout=PATIENCE)
        expect(new.locator("#invitation")).to_be_hidden()


def test_a_message_that_was_too_big_is_not_delivered(
    start: Callable[..., Server], open_tab: Open
) -> None:
    """It is marked, it is in the box again, and the limit is named."""
    server = start(limits=Limits(max_message_size=1024))
    tab, other = open_tab(server), open_tab(server)
    say(tab, "short")
    see(other, "short")
    say(tab, "x" * 2000)
    expect(tab.locator(".undelivered")).to_have_count(1, timeout=PATIENCE)
    expect(tab.locator(".undelivered .text")).to_have_text("x" * 2000)
    expect(tab.locator("#draft")).to_have_value("x" * 2000)
    expect(tab.locator(".note").filter(has_text="1009")).to_contain_text(
        "too big for the server, and nobody got it (1009: a message may have 1024 bytes)"
    )


def test_the_end_of_a_gap_is_marked(open_tab: Open) -> None:
    """Between the two notes others may have spoken, and this tab did not hear them."""
    port = free_port()
    with Server(port=port) as server:
        tab = open_tab(server)
        say(tab, "before")
        see(tab, "before")
    expect(tab.locator(".note").last).to_contain_text("What others said from here on")
    with Server(port=port):
        see_state(tab, "connected")
        expect(tab.locator(".note").last).to_have_text(
            re.compile(r"Connected again, \d\d:\d\d:\d\d\.")
        )


def test_what_was_delivered_does_not_come_back_into_the_box(open_tab: Open) -> None:
    """Not even if the connection is lost in the burst that follows it."""
    port = free_port()
    with Server(port=port) as server:
        tab, other = open_tab(server), open_tab(server)
        say(tab, "delivered")
        see(other, "delivered")
        tab.get_by_role("link", name="Inside").click()
        tab.get_by_role("button", name="Say 1,000 messages").click()
        expect(other.locator("#received")).not_to_have_text("1", timeout=PATIENCE)
    see_state(tab, "reconnecting")
    assert undelivered(tab) == []
    expect(tab.locator("#draft")).to_have_value("")


def test_all_that_has_not_left_the_browser_comes_back(open_tab: Open) -> None:
    """All of it is marked, and in the box again, in its order."""
    with ServeProcess() as server:
        tab = open_tab(server)
        server.process.send_signal(signal.SIGSTOP)
        tab.get_by_role("link", name="Inside").click()
        tab.get_by_role("button", name="Say 1,000 messages").click()
        tab.get_by_role("link", name="Talk").click()
        tab.evaluate(UNTIL_IT_IS_STUCK)
        said = [f"{number}" + " x" * 100_000 for number in range(5)]  # now and then a little leaves
        for text in said:
            say(tab, text)
        server.process.kill()
        see_state(tab, "reconnecting")
    back = tab.locator("#draft").input_value()
    assert back in ["\n".join(said[first:]) for first in range(4)]  # several, whatever left
    marked = [text[:1] for text in undelivered(tab)]
    assert marked[-back.count("\n") - 1 :] == [text[:1] for text in back.splitlines()]


def test_what_a_button_has_said_does_not_come_into_the_box(
    start: Callable[..., Server], open_tab: Open
) -> None:
    """It is marked. In the box is what somebody has typed; and that has been delivered."""
    server = start(limits=Limits(max_message_size=8))
    tab, other = open_tab(server), open_tab(server)
    tab.get_by_label("Your name").fill("ann")
    say(tab, "hi")
    see(other, "hi")
    tab.get_by_role("link", name="Inside").click()
    tab.get_by_role("button", name="Say hello").click()
    expect(tab.locator(".undelivered .text")).to_have_text("hello", timeout=PATIENCE)
    expect(tab.locator("#draft")).to_have_value("")


FILL_STORAGE = """() => {
  for (let size = 2 ** 24; size >= 1; size /= 2) {
    try { sessionStorage.fill = (sessionStorage.fill ?? "") + "x".repeat(size); } catch {}
  }
}"""
"""Leaves no room in the tab's storage."""


def test_a_draft_that_cannot_be_stored_does_no_harm(
    start: Callable[..., Server], open_tab: Open
) -> None:
    """The browser has no room for it: then a reload forgets it, and all else goes on."""
    server = start(limits=Limits(max_message_size=1024))
    tab = open_tab(server)
    tab.evaluate(FILL_STORAGE)
    say(tab, "x" * 2000)
    expect(tab.locator(".note").last).to_contain_text("Connected again", timeout=PATIENCE)
    expect(tab.locator("#draft")).to_have_value("x" * 2000)
    assert tab.troubles == []


def test_what_others_have_stored_does_no_harm(server: Server, open_tab: Open) -> None:
    """Another program at this address may have, and so may an older page."""
    tab = open_tab(server)
    for key in ("guide", "msgproxy.guide"):
        tab.evaluate("(key) => { localStorage[key] = 'x'; }", key)
    tab.reload()
    see_state(tab, "connected")
    assert tab.troubles == []


def test_the_focus_is_not_lost_when_the_connection_is_back(open_tab: Open) -> None:
    """The button that had it is gone; and nothing is left of what was wrong."""
    port = free_port()
    with Server(port=port) as server:
        tab = open_tab(server)
        tab.evaluate(WAIT_FOR_THE_BUTTON)
    expect(tab.locator("#retry")).to_be_visible(timeout=PATIENCE)
    tab.locator("#retry").focus()
    with Server(port=port):
        tab.keyboard.press("Enter")
        see_state(tab, "connected")
        assert tab.evaluate("document.activeElement.id") == "draft"
        expect(tab.locator("#why")).to_be_empty()


def undelivered(tab: Page) -> list[str]:
    return tab.locator(".undelivered .text").all_text_contents()
