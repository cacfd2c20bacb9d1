"""A real browser, and a visitor's few moves on the demo page. A test module imports the fixtures.

Rule: the browser, with the thread and the sockets that Playwright has, starts before the check
for what a test leaves behind (`nothing_is_left`) counts, and ends with the module: as long as it
runs, no other test could use asyncio in this thread. Tabs belong to the test that opened them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import NoReturn

import pytest

from msgproxy import Server


def give_up(why: str) -> NoReturn:
    """Skip; but a CI that cannot test the page must not look as if it had."""
    if os.environ.get("CI") == "true":
        pytest.fail(why, pytrace=False)
    pytest.skip(why, allow_module_level=True)


try:
    from playwright.sync_api import Browser, Page, expect, sync_playwright
except ImportError:
    give_up("playwright is not installed")

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


@pytest.fixture(scope="module", name="browser")
def chromium() -> Iterator[Browser]:
    """The system's Chromium. Nothing is downloaded; without one the tests say so and skip."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        give_up(f"no browser: none of {', '.join(NAMES)} is installed")
    # Chromium has no sandbox for root.
    sandbox = ("--no-sandbox",) if os.name == "posix" and os.geteuid() == 0 else ()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*QUIET, *sandbox])
        yield browser
        browser.close()


@pytest.fixture(name="open_tab")
def tabs(browser: Browser) -> Iterator[Open]:
    """Open tabs as separate visitors: `open_tab(server, color_scheme="dark")`.

    Each collects in `tab.troubles` what its console says: errors, and all that the policy refuses.
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


def port_of(server: Server) -> int:
    return int(server.url.rstrip("/").rpartition(":")[2])
