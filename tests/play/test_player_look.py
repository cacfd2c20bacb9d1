"""How the player looks, and whether everybody can use it."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import both  # noqa: F401
from site_of_levels import NEEDS_THE_PAGE, level_on, press, site, visitor  # noqa: F401

pytestmark = NEEDS_THE_PAGE

STATES = {"at first": "", "broken": "1212", "won": "1212r1122"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("keys", STATES.values(), ids=STATES)
def test_axe_finds_nothing(visit, scheme, keys):
    page = visit(color_scheme=scheme)
    level = level_on(page, "two_join")
    press(page, level, keys)
    # With `preload` axe would fetch style sheets, which no page from a file may do.
    results = Axe().run(page, context=".levels", options={"preload": False})
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize("name", ["two_locks", "the_servers_broker"])
def test_it_fits_a_narrow_screen(visit, name):
    page = visit(viewport={"width": 320, "height": 640})
    level = level_on(page, name)
    press(page, level, "12")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    for button in level.locator("button:visible").all():
        box = button.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 320
        assert box["height"] >= 24, "too small for a finger"


def test_a_thread_that_cannot_go_says_why_without_colour(visit):
    page = visit()
    level = level_on(page, "two_locks")
    press(page, level, "1122")
    blocked = level.locator(".level-go[aria-disabled=true]").first
    assert "waits for" in blocked.text_content()
