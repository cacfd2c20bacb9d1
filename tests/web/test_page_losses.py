"""The demo page when a connection is lost, or there is none to be had: it says what is so."""

from __future__ import annotations

import re
from collections.abc import Callable

from browser import PATIENCE, Open, both, say, see, see_state, tabs  # noqa: F401
from clients import RawClient, wait_for_clients
from playwright.sync_api import Page, expect
from ports import free_port

from msgproxy import Limits, Server

WAIT_FOR_THE_BUTTON = "() => { globalThis.setTimeout = () => 0; }"
"""Has a tab make no attempt by itself."""


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


def undelivered(tab: Page) -> list[str]:
    return tab.locator(".undelivered .text").all_text_contents()
