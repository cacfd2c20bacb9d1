"""A real browser, and a visitor's few moves on the demo page. A test module imports the fixtures:
`tabs`, and `both` or `chromium`.

All tests of the demo page run in both browsers; only what makes a client that never reads differs
(`test_inside_slow.py`). `chromium` alone is for pages of the tutorial and for pictures: for what
Debian's Firefox cannot do (paper, a page without scripts), and where the drawing is looked at and
not the page.

Rule: a browser, with the thread and the sockets that Playwright has, starts before the check for
what a test leaves behind (`nothing_is_left`) counts. It stays for all tests of this process that
follow and ask for one (`kept_browsers.py`). Tabs belong to the test that opened them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any, NoReturn

import pytest
from kept_browsers import Kept

from msgproxy import Server


def give_up(why: str) -> NoReturn:
    """Skip; but a CI that cannot test the page must not look as if it had."""
    if os.environ.get("CI") == "true":
        pytest.fail(why, pytrace=False)
    pytest.skip(why, allow_module_level=True)


try:
    from playwright.sync_api import (
        Browser,
        BrowserContext,
        Page,
        Playwright,
        expect,
        sync_playwright,
    )
except ImportError:
    give_up("playwright is not installed")

PATIENCE = 20_000
"""Milliseconds that a test waits for what has to come. Generous: a busy machine is no bug."""

expect.set_options(timeout=PATIENCE)

QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)

Open = Callable[..., Page]


class Firefox:
    """Debian's Firefox, as Playwright drives it: through WebDriver BiDi, with no patched build.

    It takes a scheme or forced colours only when it starts, so it starts once for each.
    """

    UNCHANGED = dict.fromkeys(
        ("color_scheme", "reduced_motion", "forced_colors", "contrast"), "null"
    )

    def __init__(self, playwright: Playwright, path: str) -> None:
        self._playwright, self._path = playwright, path
        self._running: dict[tuple[str, str, str], Browser] = {}

    def new_context(
        self,
        *,
        color_scheme: str = "light",
        reduced_motion: str = "no-preference",
        forced_colors: str = "none",
        **options: Any,
    ) -> BrowserContext:
        """Open a context, in a Firefox that was started with these preferences."""
        wanted = (color_scheme, reduced_motion, forced_colors)
        if wanted not in self._running:
            preferences = {
                "layout.css.prefers-color-scheme.content-override": int(color_scheme != "dark"),
                # It paints, and keeps processes ready, with the processor that the tests need.
                "layout.frame_rate": 10,
                "dom.ipc.processPrelaunch.enabled": False,
                "dom.ipc.processCount": 1,
                "fission.autostart": False,
                "ui.prefersReducedMotion": int(reduced_motion == "reduce"),
                "browser.display.document_color_use": 2 if forced_colors == "active" else 0,
            }
            self._running[wanted] = self._playwright.firefox.launch(
                channel="moz-firefox", executable_path=self._path, firefox_user_prefs=preferences
            )
        return self._running[wanted].new_context(**{**self.UNCHANGED, **options})

    def close(self) -> None:
        for browser in self._running.values():
            browser.close()


def installed(*names: str) -> str:
    """Return the path of the first of these programs. Without one the tests say so and skip."""
    path = next(filter(None, map(shutil.which, names)), None)
    return path or give_up(f"no browser: none of {', '.join(names)} is installed")


def start_chromium(playwright: Playwright) -> Browser:
    """Start the one that has no window if it is there: a tab of the whole browser costs twice."""
    # Chromium has no sandbox for root.
    sandbox = ("--no-sandbox",) if os.name == "posix" and os.geteuid() == 0 else ()
    path = installed("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return playwright.chromium.launch(executable_path=path, args=[*QUIET, *sandbox])


def start_firefox(playwright: Playwright) -> Firefox:
    return Firefox(playwright, installed("firefox-esr", "firefox"))


STARTS = {"chromium": start_chromium, "firefox": start_firefox}


def running(name: str, kept: Kept) -> Browser | Firefox:
    """Return this browser, started now if it does not run yet."""
    playwright = kept.get("playwright", sync_playwright)
    return kept.get(name, lambda: closing(STARTS[name](playwright)))


@pytest.fixture(name="browser")
def chromium(kept: Kept) -> Browser | Firefox:
    """The system's Chromium. Nothing is downloaded."""
    return running("chromium", kept)


@pytest.fixture(name="browser", params=sorted(STARTS))
def both(kept: Kept, request: pytest.FixtureRequest) -> Browser | Firefox:
    """Each test of the module runs in Chromium, and in Firefox."""
    return running(request.param, kept)


@pytest.fixture(name="open_tab")
def tabs(browser: Browser | Firefox) -> Iterator[Open]:
    """Open tabs as separate visitors: `open_tab(server, color_scheme="dark")`.

    `route(tab)` can come between the tab and the server; what it returns is `tab.trace`.
    Each collects in `tab.troubles` what its console says: errors, and all that the policy refuses.
    """
    contexts = []

    def open_one(
        server: Server, route: Callable[[Page], Any] | None = None, **options: object
    ) -> Page:
        contexts.append(browser.new_context(**options))
        tab = contexts[-1].new_page()
        tab.trace = route and route(tab)
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
    expect(tab.locator("#state")).to_have_text(state, timeout=PATIENCE)


def say(tab: Page, text: str) -> None:
    tab.get_by_label("Message to everyone else").fill(text)
    tab.get_by_role("button", name="Send").click()


def see(tab: Page, text: str, number: int = 0) -> None:
    """Wait until a message with exactly this text is in the log."""
    row = tab.locator(".message .text").nth(number)
    expect(row).to_have_text(text, timeout=PATIENCE)
