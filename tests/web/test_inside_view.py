"""The view "inside" as a part of the page: its address, speed and size, or no server."""

from __future__ import annotations

import re

import pytest
from browser import PATIENCE, Open, both, say, see, see_state, tabs  # noqa: F401
from clients import wait_for
from inside_view import look_inside, play_again, set_speed, watched  # noqa: F401
from playwright.sync_api import Page, expect
from ports import free_port

from msgproxy import Server
from msgproxy.tracing.viewers import LiveRecording


def test_the_view_has_an_address(server: Server, open_tab: Open) -> None:
    """A deep link, the back button and the keyboard all lead to it, and away from it."""
    tab = open_tab(server)
    talk, inside = tab.locator("#talk"), tab.locator("#inside")
    tab.get_by_role("link", name="Inside").focus()
    tab.keyboard.press("Enter")
    expect(inside).to_be_visible()
    expect(talk).to_be_hidden()
    assert tab.url.endswith("#inside")
    expect(tab.get_by_role("link", name="Inside")).to_have_attribute("aria-current", "page")
    tab.reload()
    expect(inside).to_be_visible()
    tab.get_by_role("link", name="Talk").click()
    expect(talk).to_be_visible()
    tab.go_back()
    expect(inside).to_be_visible()
    assert tab.troubles == []


def test_nothing_is_recorded_unless_somebody_looks(start, open_tab: Open) -> None:
    """The trace is open as long as the view is shown, and no longer."""
    trace = LiveRecording()
    server = start(queues=trace)
    tab, other = open_tab(server), open_tab(server)
    say(tab, "nobody looks")
    see(other, "nobody looks")
    assert trace.next_number() == 0
    look_inside(tab, 2)
    assert trace.observers.active
    tab.get_by_role("link", name="Talk").click()
    wait_for(lambda: not trace.observers.active, "the end of the trace")


def test_a_server_without_a_trace_is_no_riddle(start, open_tab: Open) -> None:
    """It says that this server does not show its inside, and does not ask again and again."""
    tab = open_tab(start())
    tab.get_by_role("link", name="Inside").click()
    expect(tab.locator("#blind")).to_contain_text("--no-trace", timeout=PATIENCE)


def test_a_lost_trace_comes_back(open_tab: Open) -> None:
    """After a restart of the server it is watched again, without help."""
    port = free_port()
    with Server(port=port, queues=LiveRecording()) as server:
        tab = open_tab(server)
        look_inside(tab, 1)
    # A screen reader hears that once: the seconds are not part of it.
    why = tab.locator("#blind-why[role=status]")
    expect(why).to_have_text("No view of the server. Trying again", timeout=PATIENCE)
    expect(tab.locator("#blind-countdown[aria-hidden=true]")).to_have_text(re.compile(r"in \d+ s"))
    with Server(port=port, queues=LiveRecording()):
        see_state(tab, "connected")
        expect(tab.locator("#blind")).to_be_hidden(timeout=PATIENCE)
        expect(tab.locator("#scene")).to_have_attribute("data-clients", "1", timeout=PATIENCE)


def test_the_slider_changes_the_speed(server: Server, open_tab: Open) -> None:
    """The same message takes much longer in slow motion than in real time."""
    viewer, _ = open_tab(server), open_tab(server)
    look_inside(viewer, 2)
    expect(viewer.locator("#slowness")).to_have_text("5,000 \u00d7 slower")
    times = {}
    for slider, words in (("0", "real time"), ("4", "10,000 \u00d7 slower")):
        set_speed(viewer, slider)
        expect(viewer.locator("#slowness")).to_have_text(words)
        times[slider] = time_of_hello(viewer)
    assert times["0"] * 2 < times["4"]


def time_of_hello(tab: Page) -> float:
    """Return the ms from the first hop of a message to its last, as they are played.

    Several can be played in one frame, so it looks at each change, and not at the last only.
    """
    return tab.evaluate(
        """(patience) => new Promise((done, fail) => {
          let began;
          const scene = document.querySelector("#scene");
          const see = (hop) => {
            if (hop?.includes(" received ")) began ??= performance.now();
            if (began && / sent .*\\.\\d+$/.test(hop)) done(performance.now() - began);
          };
          const watching = new MutationObserver((changes) => {
            for (const { oldValue } of changes) see(oldValue);
            see(scene.dataset.hop);
          });
          watching.observe(scene, { attributeFilter: ["data-hop"], attributeOldValue: true });
          setTimeout(() => fail(new Error("the hello has not been played")), patience);
          document.querySelector("#hello").click();
        })""",
        PATIENCE,
    )


def test_a_visitor_who_wants_no_motion_sees_steps(server: Server, open_tab: Open) -> None:
    """With reduced motion a message is at its places only, and never between them."""
    viewer, _ = open_tab(server, reduced_motion="reduce"), open_tab(server)
    look_inside(viewer, 2)
    viewer.evaluate(
        """() => {
          globalThis.places = new Set();
          const look = () => {
            for (const dot of document.querySelectorAll(".dot[visibility='visible']")) {
              if (dot.dataset.kind === "message") places.add(dot.getAttribute("transform"));
            }
            requestAnimationFrame(look);
          };
          look();
        }"""
    )
    viewer.get_by_role("button", name="Say hello").click()
    for _ in play_again(viewer, 1):
        if viewer.evaluate("places.size") >= 3:
            break
    assert 3 <= viewer.evaluate("places.size") <= 7


def test_a_crowd_is_drawn_in_part(server: Server, open_tab: Open, connect) -> None:
    """You have a lane, and some others; all further ones share the last, as a number."""
    tab = open_tab(server)
    for _ in range(51):
        connect(server)
    look_inside(tab, 52)
    lanes = tab.locator(".lane").count()
    assert 3 <= lanes <= 11
    expect(tab.locator("[data-own='true'] .says")).to_contain_text("you")
    expect(tab.locator("#scene")).to_contain_text(f"and {52 - lanes} more")


@pytest.mark.parametrize("width", [320, 1280])
def test_the_picture_fits_the_window(server: Server, open_tab: Open, width: int) -> None:
    """Nobody has to scroll sideways; and downwards, where it is low, in one place only."""
    tab = open_tab(server, viewport={"width": width, "height": 480})
    look_inside(tab, 1)
    too_wide = """() => [...document.querySelectorAll("html, body, #inside, #stage, .told")]
      .filter((node) => node.scrollWidth > node.clientWidth).map((node) => node.id)"""
    assert tab.evaluate(too_wide) == []
    assert tab.evaluate("document.documentElement.scrollHeight") <= 480
    tab.get_by_role("button", name="Say hello").click()
    expect(tab.locator("#steps")).to_contain_text("received", timeout=PATIENCE)
    assert tab.evaluate(too_wide) == []
