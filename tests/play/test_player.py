"""The player in the page, in both browsers: played by keyboard, claimed, linked to, and left."""

from __future__ import annotations

import pytest
from browser import both  # noqa: F401
from play.explore import explore
from play.graph import Graph
from play.level import LEVELS, Level
from playwright.sync_api import expect
from site_of_levels import NEEDS_THE_PAGE, history, level_on, press, site, visitor  # noqa: F401

pytestmark = NEEDS_THE_PAGE

NAMES = sorted(path.stem for path in LEVELS.glob("*.py"))


def graph_of(name: str) -> Graph:
    return explore(Level.read(LEVELS / f"{name}.py"))


def keys_of(graph: Graph, order: list[str]) -> str:
    """Return the keys that let these threads go."""
    return "".join(str(graph.threads.index(name) + 1) for name in order)


def breaking(graph: Graph) -> str:
    return keys_of(graph, graph.way_to_failure(graph.nodes[0]))


def kept(graph: Graph) -> str:
    """Return the keys of an order that keeps the promise."""
    node, order = graph.nodes[0], []
    while not node.is_end:
        name = next(n for n, after in node.next.items() if not graph.is_lost(after))
        order.append(name)
        node = node.next[name]
    return keys_of(graph, order)


@pytest.mark.parametrize("name", NAMES)
def test_a_level_is_won_by_keyboard(visit, name):
    """What breaks is broken, and what cannot be broken is claimed. The focus is never lost."""
    graph = graph_of(name)
    page = visit()
    level = level_on(page, name)
    level.locator(".level-go:not([aria-disabled=true])").first.focus()
    if graph.broken:
        press(page, level, breaking(graph))
        expect(level.locator(".level-headline")).to_contain_text("Broken:")
        if 2 * graph.broken > graph.orders and graph.level.facts["Kind"] == "break":
            expect(level.locator(".level-told")).to_contain_text("Now find an order that keeps")
            press(page, level, "r" + kept(graph))
    else:
        press(page, level, "c")
        assert "is-won" not in level.get_attribute("class"), "claimed without having played"
        press(page, level, kept(graph))
        expect(level.locator(".level-headline")).to_have_text("Kept, this time.")
        press(page, level, "c")
        told = level.locator(".level-told")
        expect(told).to_contain_text(f"{graph.steps} steps between {len(graph.nodes)} states")
        expect(told).to_contain_text(f"{graph.orders} orders")
    assert "is-won" in level.get_attribute("class")
    expect(level.locator(".level-map")).to_be_visible()
    expect(page.locator(".levels-count")).to_contain_text(f"1 of {len(NAMES)} won")


def test_what_is_shown_is_what_python_did(visit):
    """At each step: the lines, reasons, variables and shared data of the graph."""
    graph = graph_of("two_locks")
    page = visit()
    level = level_on(page, "two_locks")
    for node, key in zip(graph.follow(list(("ann", "bob") * 3)), "121212 ", strict=False):
        for button, name in zip(level.locator(".level-go").all(), graph.threads, strict=True):
            standing = node.threads[name]
            assert (button.get_attribute("aria-disabled") == "true") == (name not in node.next)
            assert button.locator(".level-why").text_content() == standing.why_not
            assert button.locator(".level-own").text_content() == standing.own
            assert graph.line(standing.place) in button.locator("code").text_content()
        assert level.locator("dd").all_text_contents() == list(node.shared.values())
        if name not in node.next and node.is_end:
            break
        page.keyboard.press(key)


def test_a_wrong_claim_is_answered_by_the_order_that_breaks_it(visit):
    graph = graph_of("a_ring")
    page = visit()
    level = level_on(page, "a_ring")
    press(page, level, kept(graph) + "c")
    expect(level.locator(".level-headline")).to_contain_text("Broken: stuck:")
    expect(level.locator(".level-told")).to_contain_text("It can be broken: this order does it.")
    assert "is-won" not in level.get_attribute("class")
    press(page, level, "r" + breaking(graph))
    assert "is-won" in level.get_attribute("class")


def test_a_link_leads_to_the_same_order(visit):
    page = visit()
    level = level_on(page, "two_orders")
    press(page, level, "122l")
    assert page.evaluate("location.hash") == "#two_orders=122"
    again = visit("two_orders=122")
    assert history(again.locator("#level-two_orders")) == history(level) != []
    expect(again.locator("#level-two_orders")).to_be_visible()
    expect(again.locator("#level-two_join")).to_be_hidden()
    again.evaluate("location.hash = '#two_orders=1'")
    expect(again.locator("#level-two_orders .level-step")).to_have_count(1)


@pytest.mark.parametrize(
    "link", ["two_orders=129", "two_orders=12212221", "two_orders=0", "none=1"]
)
def test_a_link_with_steps_that_are_not_there_goes_as_far_as_it_can(visit, link):
    page = visit(link)
    level = page.locator(".level:visible")
    expect(level).to_have_count(1)
    assert len(history(level)) == {"two_orders=129": 2, "two_orders=12212221": 4}.get(link, 0)


def test_one_goes_back_to_any_step_and_to_where_it_could_be_saved(visit):
    page = visit()
    level = level_on(page, "two_join")
    press(page, level, "1212")
    red = level.locator("tr.is-red")
    expect(red.locator("th")).to_contain_text("2")
    level.get_by_role("button", name="Back to where it could be saved").focus()
    press(page, level, ["Enter"])
    assert len(history(level)) == 1
    press(page, level, "122")
    level.locator(".level-step").nth(1).focus()
    press(page, level, [" "])
    assert len(history(level)) == 2
    press(page, level, "bbb")
    expect(level.locator(".level-history")).to_be_hidden()


def test_what_was_shown_is_not_won(visit):
    """Neither by the button nor by a link; and a level to decide on shows nothing at first."""
    page = visit("who_is_first=2")
    level = page.locator("#level-who_is_first")
    page.keyboard.press("Tab")
    level.locator(".level-go").first.focus()
    assert "is-won" not in level.get_attribute("class")
    press(page, level, "r" + "ss")
    expect(level.locator(".level-told")).to_contain_text("Restart, and find it without help")
    assert "is-won" not in level.get_attribute("class")
    decide = level_on(page, "with_a_lock")
    expect(decide.get_by_role("button", name="Show me")).to_be_hidden()


def test_what_was_won_is_kept_and_forgotten(visit):
    page = visit()
    level = level_on(page, "who_is_first")
    press(page, level, "21r12")
    count = page.locator(".levels-count")
    expect(count).to_contain_text("1 of")
    page.evaluate("history.replaceState(null, '', '#')")
    page.reload()
    expect(count).to_contain_text("1 of")
    expect(page.locator("#level-two_join")).to_be_visible()  # the first that is not won
    page.get_by_role("button", name="Forget what I have won").click()
    page.reload()
    expect(count).to_contain_text("0 of")


def test_what_was_forgotten_has_to_be_found_again(visit):
    page = visit()
    level = level_on(page, "who_is_first")
    press(page, level, "21r12")
    count = page.locator(".levels-count")
    expect(count).to_contain_text("1 of")
    page.get_by_role("button", name="Forget what I have won").click()
    level_on(page, "who_is_first")  # the focus is there again
    press(page, level, "12")
    expect(count).to_contain_text("Nothing is won yet")
    press(page, level, "r21")
    expect(count).to_contain_text("1 of")


def test_the_next_level_follows(visit):
    page = visit()
    level = level_on(page, "who_is_first")
    press(page, level, "21r12")
    level.get_by_role("button", name="Next level").click()
    expect(page.locator("#level-two_join")).to_be_visible()
    expect(level).to_be_hidden()
    assert page.evaluate("document.activeElement.className") == "level-go"


def test_a_dot_of_the_map_leads_there(visit):
    page = visit()
    level = level_on(page, "two_orders")
    press(page, level, breaking(graph_of("two_orders")))
    level.locator(".level-map-kept").first.click()
    expect(level.locator(".level-headline")).to_have_text("Kept, this time.")
