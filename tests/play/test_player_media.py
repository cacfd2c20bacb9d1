"""The player for other media: on paper, and for people who want nothing to move.

In Chromium alone: Playwright cannot ask Debian's Firefox for paper.
"""

from __future__ import annotations

import pytest
from browser import chromium  # noqa: F401
from site_of_levels import level_on, press, site, visitor  # noqa: F401

pytestmark = pytest.mark.timeout(600)  # the first test builds the page


def test_on_paper_there_is_the_answer_and_no_button(visit):
    page = visit()
    level = level_on(page, "two_join")
    press(page, level, "12")
    page.emulate_media(media="print")
    assert page.evaluate("matchMedia('print').matches")
    assert page.locator(".level .level-go:visible").count() == 0
    assert page.locator(".level-controls:visible").count() == 0
    for answer in page.locator(".level-answer").all():  # of each level, also of those not chosen
        assert answer.is_visible()


def test_nothing_moves_for_people_who_want_no_motion(visit):
    duration = "button => getComputedStyle(button).transitionDuration"
    for wish, moves in ("no-preference", True), ("reduce", False):
        page = visit(reduced_motion=wish)
        button = level_on(page, "two_join").locator(".level-go").first
        assert (button.evaluate(duration) != "0s") == moves


def test_with_forced_colours_the_marks_are_still_there(visit):
    """Where a thread stands is said by a number too, and what is blocked by words."""
    page = visit(forced_colors="active")
    level = level_on(page, "two_locks")
    press(page, level, "1122")
    assert level.locator(".level-chips").all_text_contents() == ["12"]
    assert level.locator(".level-go[aria-disabled=true] .level-why").first.is_visible()
