"""The player elsewhere: on paper, without scripts, and for people who want nothing to move.

In Chromium alone: Playwright can ask Debian's Firefox neither for paper nor for a page without
scripts.
"""

from __future__ import annotations

from browser import chromium  # noqa: F401
from play.explore import explore
from play.level import LEVELS, Level
from playwright.sync_api import expect
from site_of_levels import NEEDS_THE_PAGE, level_on, press, site, visitor  # noqa: F401

pytestmark = NEEDS_THE_PAGE


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
    scrolling = "getComputedStyle(document.documentElement).scrollBehavior"
    for wish, moves in ("no-preference", True), ("reduce", False):
        page = visit(reduced_motion=wish)
        button = level_on(page, "two_join").locator(".level-go").first
        assert (button.evaluate(duration) != "0s") == moves
        assert (page.evaluate(scrolling) == "smooth") == moves


def test_with_forced_colours_the_marks_are_still_there(visit):
    """Where a thread is waiting is said by a number too, and what is blocked by words."""
    page = visit(forced_colors="active")
    level = level_on(page, "two_locks")
    press(page, level, "1122")
    assert level.locator(".level-chips").all_text_contents() == ["12"]
    assert level.locator(".level-go[aria-disabled=true] .level-why").first.is_visible()


def test_without_scripts_all_is_there_but_the_game(visit):
    graph = explore(Level.read(LEVELS / "two_join.py"))
    page = visit(java_script_enabled=False)
    level = page.locator("#level-two_join")
    expect(level).to_contain_text("Both are members.")
    for _, line in graph.level.lines():
        assert line in level.locator("pre").text_content()
    answer = level.locator(".level-answer")
    assert "6 orders through 14 states; 4 of them break the promise." in answer.text_content()
    assert answer.locator("li").count() == 4
    assert page.locator(".level:visible").count() == len(list(LEVELS.glob("*.py")))
