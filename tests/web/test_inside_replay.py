"""The replay of the view "inside": it waits for the viewer, and it stays fresh.

Most of these tests tell the view hops of real runs; `recorded_hops.py` has them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from browser import PATIENCE, Open, both, say, tabs  # noqa: F401
from clients import RawClient, wait_for, wait_for_clients
from inside_view import look_inside, set_speed, watched  # noqa: F401
from playwright.sync_api import Page, expect
from recorded_hops import told_by_the_test  # noqa: F401

from msgproxy import Server
from msgproxy.events import MessageId
from msgproxy.tracing.hops import Hop

FRESH = 3.0
"""Seconds that the view may be late."""

LAST_STEP = "#steps li:last-child"


def number(tab: Page) -> int:
    return int(tab.locator("#scene").get_attribute("data-number") or -1)


@pytest.fixture(name="paused")
def paused_view(server: Server, open_tab: Open, connect: Callable) -> Page:
    """A view that is paused after a message has crossed the server."""
    tab = open_tab(server)
    other = connect(server)
    look_inside(tab, 2)
    tab.get_by_role("button", name="Say hello").click()
    assert other.receive().endswith("hello")
    expect(tab.locator(LAST_STEP)).to_contain_text("has sent “hello”", timeout=PATIENCE)
    tab.locator("#pause").click()
    expect(tab.locator("#pause")).to_have_text("Play")
    return tab


def test_one_can_step_back_and_forward_by_key(paused: Page) -> None:
    """Each key is one step, back and forward alike; what is drawn is the moment after it."""
    tab = paused
    last = number(tab)
    tab.locator("#stage").focus()
    for step in range(1, 4):
        tab.keyboard.press("ArrowLeft")
        expect(tab.locator("#scene")).to_have_attribute("data-number", str(last - step))
    for step in (2, 1, 0):
        tab.keyboard.press("ArrowRight")
        expect(tab.locator("#scene")).to_have_attribute("data-number", str(last - step))
    expect(tab.locator(LAST_STEP)).to_contain_text("has sent “hello”")
    tab.keyboard.press(" ")
    expect(tab.locator("#pause")).to_have_text("Pause")


def test_the_buttons_step_too_and_say_so(paused: Page) -> None:
    """By mouse and by touch; each step is read aloud."""
    tab = paused
    last = number(tab)
    tab.get_by_role("button", name="One step back").click()
    expect(tab.locator("#scene")).to_have_attribute("data-number", str(last - 1))
    expect(tab.locator("#aloud")).not_to_be_empty()
    tab.get_by_role("button", name="One step", exact=True).click()
    expect(tab.locator("#scene")).to_have_attribute("data-number", str(last))


def test_the_newest_step_is_never_cut_off(paused: Page) -> None:
    """With large letters in a small window it is older ones for which there is no room."""
    paused.set_viewport_size({"width": 900, "height": 640})
    paused.evaluate("document.documentElement.style.fontSize = '19px'")
    newest = paused.locator(LAST_STEP).bounding_box()
    steps = paused.locator("#steps").bounding_box()
    assert newest["y"] + newest["height"] <= steps["y"] + steps["height"] + 1
    assert steps["y"] + steps["height"] <= 640


def test_a_pause_makes_nobody_wait(paused: Page, server: Server) -> None:
    """The server goes on, nothing that is drawn changes, and the page says how late it is."""
    tab = paused
    before = number(tab)
    with RawClient(server.url) as speaker, RawClient(server.url) as listener:
        wait_for_clients(server, 4)
        speaker.send("meanwhile")
        assert listener.receive() == "meanwhile"
        expect(tab.locator("#late")).to_contain_text("s behind", timeout=PATIENCE)
        expect(tab.locator("#notes")).to_be_empty()  # it has passed over nothing yet
        assert number(tab) == before
        tab.get_by_role("button", name="Jump to now").click()
        expect(tab.locator("#late")).to_be_hidden()
        expect(tab.locator("#scene")).to_have_attribute("data-clients", "4", timeout=PATIENCE)


def test_the_last_message_is_played_again(paused: Page) -> None:
    """Whole: from where it was received to where it was sent, while nothing new happens."""
    tab = paused

    def steps_of_hello() -> list[str]:
        steps = [hop.split() for hop in tab.evaluate("allPlayed()") if hop.endswith(".1")]
        return [act for _, act, *_ in steps]

    before = steps_of_hello()
    assert set(before) == {"received", "put", "got", "handled", "sent"}
    tab.get_by_role("button", name="Again").click()
    wait_for(lambda: len(steps_of_hello()) == 2 * len(before), "the second time")
    assert steps_of_hello() == 2 * before


def test_who_comes_back_while_it_is_paused_sees_who_is_there(paused: Page) -> None:
    """It is still paused. But what the server counts is no step, and is shown."""
    tab = paused
    tab.get_by_role("link", name="Talk").click()
    tab.get_by_role("link", name="Inside").click()
    expect(tab.locator("#scene")).to_have_attribute("data-number", "")
    expect(tab.locator("#scene")).to_have_attribute("data-clients", "2", timeout=PATIENCE)
    expect(tab.locator("#pause")).to_have_text("Play")
    expect(tab.locator("#invitation")).to_be_hidden()


def test_a_step_is_one_step_after_thousands_too(told: Callable[..., Page]) -> None:
    """And what came in a pause drives out nothing of what one has seen."""
    hops = [
        Hop(n, 1000 * n, "reader-1", "received", "", (MessageId(1, n),), 0, 0)
        for n in range(24_000)
    ]
    played, later = hops[:4_000], hops[4_000:]
    tab = told()
    set_speed(tab, 0)
    tab.trace.tell(played)
    scene = tab.locator("#scene")
    expect(scene).to_have_attribute("data-number", str(played[-1].number), timeout=PATIENCE)
    tab.locator("#pause").click()
    tab.trace.tell(later)
    for step in range(2):
        tab.locator("#forward").click()
        expect(scene).to_have_attribute("data-number", str(later[step].number))
    for step in (0, -1, -2):
        tab.locator("#back").click()
        expect(scene).to_have_attribute("data-number", str(later[0].number + step))


WATCH_LATENESS = """() => {
  globalThis.late = 0;
  globalThis.longest = 0;
  let before = performance.now();
  const look = () => {
    const now = performance.now();
    longest = Math.max(longest, (now - before) / 1_000);
    before = now;
    late = Math.max(late, parseFloat(lateness.textContent) || 0);
    requestAnimationFrame(look);
  };
  look();
}"""
"""Keeps how late the view has said to be, at most, and the longest time between two frames: s."""


def test_a_class_that_joins_at_once_is_seen_at_once(server: Server, open_tab: Open) -> None:
    """Two hundred join, and somebody says hello: the view is never later than it may be.

    What the machine adds counts by itself: the page cannot hurry between two of its frames.
    """
    tab = open_tab(server)
    look_inside(tab, 1)
    tab.evaluate(WATCH_LATENESS)
    clients = [RawClient(server.url) for _ in range(200)]
    try:
        wait_for_clients(server, 201)
        expect(tab.locator("#scene")).to_have_attribute("data-clients", "201", timeout=3 * PATIENCE)
        tab.get_by_role("button", name="Say hello").click()
        expect(tab.locator("[data-own='true'] .says")).to_contain_text("said 1", timeout=PATIENCE)
        late, longest = tab.evaluate("[late, longest]")
        assert late <= FRESH + 1 + 2 * longest
        expect(tab.locator("#scene")).to_contain_text("more")
    finally:
        for client in clients:
            client.close()


KEEP_SAVED = """() => {
  HTMLAnchorElement.prototype.click = () => {};
  URL.createObjectURL = (blob) => {
    blob.text().then((text) => { globalThis.saved = text; });
    return "#";
  };
}"""
"""Has a tab keep what it would save. (To download it, Playwright starts a thread that stays.)"""


def test_the_last_message_can_be_saved(paused: Page) -> None:
    """As a picture that stands on its own: well-formed, with the words, and without a script."""
    paused.evaluate(KEEP_SAVED)
    paused.get_by_role("button", name="last message").click()
    wait_for(lambda: paused.evaluate("globalThis.saved ?? ''"), "the picture")
    picture = ElementTree.fromstring(paused.evaluate("saved"))
    text = " ".join(picture.itertext())
    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    assert "“hello” (your 1st), as it crossed the server" in text
    for act in ("received", "put", "got", "handled", "sent"):
        assert act in text.split()
    assert not list(picture.iter("{http://www.w3.org/2000/svg}script"))


def test_any_character_can_be_saved(paused: Page, server: Server) -> None:
    """Also those that XML has no way to write."""
    tab = paused
    tab.evaluate(KEEP_SAVED)
    tab.locator("#pause").click()
    with RawClient(server.url) as speaker:
        wait_for_clients(server, 3)
        speaker.send("\x1b[31mred\ufffe")
        expect(tab.locator(LAST_STEP)).to_contain_text("red", timeout=PATIENCE)
        tab.get_by_role("button", name="last message").click()
        wait_for(lambda: tab.evaluate("globalThis.saved ?? ''"), "the picture")
    text = " ".join(ElementTree.fromstring(tab.evaluate("saved")).itertext())
    assert "\ufffd[31mred\ufffd" in text


def test_what_cannot_be_done_is_said_to_all(server: Server, open_tab: Open) -> None:
    """Not only to those who listen to a screen reader."""
    tab = open_tab(server)
    look_inside(tab, 1)
    tab.get_by_role("button", name="Again").click()
    expect(tab.locator("#notes")).to_contain_text("There was no message yet.")
    tab.get_by_role("button", name="last message").click()
    expect(tab.locator("#notes")).to_contain_text("There was nothing to save yet.")


def test_the_last_seconds_can_be_saved(paused: Page) -> None:
    """With all the messages of that time."""
    paused.evaluate(KEEP_SAVED)
    paused.locator("#pause").click()

    def is_saved() -> bool:
        for _ in range(2):
            paused.get_by_role("button", name="Say hello").click()
        expect(paused.locator(LAST_STEP)).to_contain_text("has sent “hello”", timeout=PATIENCE)
        paused.get_by_role("button", name="last 10 s").click()
        return "Inside the server: " in paused.evaluate("globalThis.saved ?? ''")

    wait_for(is_saved, "a picture of several messages")
    text = " ".join(ElementTree.fromstring(paused.evaluate("saved")).itertext())
    assert re.search(r"Inside the server: \d+ messages in \d+ steps", text)


def test_the_tour_asks_answers_and_can_be_left(server: Server, open_tab: Open, connect) -> None:
    """A question, the button that answers it, and the next; once left, it does not come back."""
    tab = open_tab(server)
    connect(server)
    look_inside(tab, 2)
    guide = tab.locator("#guide")
    expect(guide).to_contain_text("1 of 3")
    tab.locator("#guide-go").click()
    expect(guide).to_contain_text("of their own: a writer for each", timeout=PATIENCE)
    tab.locator("#guide-go").click()
    expect(guide).to_contain_text("2 of 3")
    tab.get_by_role("button", name="Leave the tour").click()
    expect(guide).to_be_hidden()
    assert tab.evaluate("document.activeElement.id") == "stage"
    tab.reload()
    expect(tab.locator("#scene")).to_have_attribute("data-clients", "2", timeout=PATIENCE)
    expect(guide).to_be_hidden()


def test_the_tour_asks_before_it_answers(server: Server, open_tab: Open, connect) -> None:
    """A visitor who has said hello already gets the question too."""
    tab = open_tab(server)
    other = connect(server)
    say(tab, "hello")
    assert other.receive().endswith("hello")
    look_inside(tab, 2)
    expect(tab.locator("[data-own='true'] .says")).to_contain_text("said 1", timeout=PATIENCE)
    expect(tab.locator("#guide")).to_contain_text("Which thread will send it to them")
    tab.locator("#guide-go").click()
    expect(tab.locator("#guide")).to_contain_text("Threads of their own", timeout=PATIENCE)


def test_a_column_says_what_it_is(server: Server, open_tab: Open) -> None:
    """By mouse and by keyboard; nothing moves for it."""
    tab = open_tab(server)
    look_inside(tab, 1)
    before = tab.locator("#steps").bounding_box()
    tab.get_by_role("button", name="broker").focus()
    expect(tab.locator("#explain")).to_contain_text("The broker is one thread.")
    tab.get_by_role("button", name="outbound").hover()
    expect(tab.locator("#explain")).to_contain_text("An outbound queue belongs to one client.")
    assert tab.locator("#steps").bounding_box() == before
