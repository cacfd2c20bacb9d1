"""A client that never reads, in each browser: real, seen by the view, and known to be the slow one.

Chromium makes one by a button. Firefox reads whatever is sent to a page, so there the page says so,
and offers a command.
"""

from __future__ import annotations

import re
import signal

import pytest
from browser import PATIENCE, Browser, Firefox, Open, both, tabs  # noqa: F401
from inside_view import look_inside
from playwright.sync_api import Page, expect
from typed_commands import Type, shell_in_a_checkout  # noqa: F401

from msgproxy import Limits
from msgproxy.tracing.viewers import LiveRecording

BUTTON = "Add one that never reads"

KEEP_CUT_OFF = """() => {
  globalThis.cutOff = "";
  const look = () => {
    requestAnimationFrame(look);
    cutOff ||= document.querySelector("[data-slow='true'][data-state='full']")?.textContent ?? "";
  };
  look();
}"""
"""Has a tab keep what it says beside the slow client when that is cut off: it goes soon after."""


@pytest.fixture
def add_slow(browser: Browser | Firefox, type_command: Type):
    """Do what the page asks for."""

    def add(tab: Page) -> None:
        tab.get_by_role("button", name=BUTTON).click()
        if isinstance(browser, Firefox):
            expect(tab.locator("#no-slow")).to_contain_text("takes a program that can be stopped")
            process = type_command(tab.locator("#slow-command").inner_text())
            expect(tab.locator("#scene")).to_have_attribute("data-clients", "3", timeout=PATIENCE)
            process.send_signal(signal.SIGSTOP)  # Ctrl + Z
        else:
            expect(tab.locator("#no-slow")).to_be_hidden()

    return add


def test_it_never_reads_and_is_told_from_others(start, open_tab: Open, add_slow) -> None:
    """Its queue fills, up to the limit that a server has by default; it is cut off, and nobody else
    waits.
    """
    # Only when its ping is not answered does the server close the socket of the one it cut off.
    limits = Limits(ping_interval=2, ping_timeout=15)
    server = start(queues=LiveRecording(), limits=limits)
    tab, other = open_tab(server), open_tab(server)
    look_inside(tab, 2)
    add_slow(tab)
    slow = tab.locator("[data-slow='true']")
    expect(slow.locator(".says")).to_have_text("never reads", timeout=PATIENCE)
    tab.evaluate(KEEP_CUT_OFF)
    tab.get_by_role("button", name="Say 1,000 messages").click()
    tab.wait_for_function("() => globalThis.cutOff", timeout=3 * PATIENCE)
    assert "cut off: no room" in tab.evaluate("cutOff")
    expect(other.locator("#received")).to_have_text("1,001", timeout=2 * PATIENCE)
    # How large the last batch was, and so what was on the queue, depends on who ran when.
    story = tab.locator("#story")
    expect(story).to_contain_text(re.compile(r"Then its queue had no room for \d+ more"))
    expect(story).to_contain_text(re.compile(r"\d+ MiB of 16 MiB\. The broker cut it off"))
    expect(story).to_contain_text("Nobody else waited: client", timeout=PATIENCE)
    expect(story).to_contain_text("was sent 1,001", timeout=2 * PATIENCE)
    expect(tab.locator("#scene")).to_have_attribute("data-clients", "2", timeout=2 * PATIENCE)
    assert len(server.snapshot().clients) == 2
    assert tab.troubles == []
