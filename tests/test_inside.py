"""The view "inside" in a real browser: it shows what really happens, in the order it happened.

What is drawn says in data-* attributes what it stands for. These tests go by them.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from browser import PATIENCE, Open, chromium, port_of, say, see, see_state, tabs  # noqa: F401
from clients import wait_for
from playwright.sync_api import Page, expect

from msgproxy import Server
from msgproxy.trace import Trace

KEEP_HOPS = """() => {
  globalThis.played = [];
  const keep = (changes) => changes.forEach(({ oldValue }) => played.push(oldValue));
  const scene = document.querySelector("#scene");
  new MutationObserver(keep).observe(scene, { attributeFilter: ["data-hop"],
    attributeOldValue: true });
  globalThis.allPlayed = () => [...played, scene.dataset.hop].filter(Boolean);
}"""
"""Has a tab remember each hop when it is played: the scene says the present one in data-hop."""


@pytest.fixture(name="server")
def watched(start: Callable[..., Server]) -> Server:
    """A server that can be watched."""
    return start(queues=Trace())


def look_inside(tab: Page, clients: int) -> None:
    """Go to the view, and wait until all clients are in the picture."""
    tab.get_by_role("link", name="Inside").click()
    expect(tab.locator("#scene")).to_have_attribute("data-clients", str(clients), timeout=PATIENCE)
    tab.evaluate(KEEP_HOPS)


def set_speed(tab: Page, slider: float) -> None:
    """Move the slider: 0 is real time, 4 is ten thousand times slower."""
    tab.get_by_label("Slow motion").fill(str(slider))


def wait_until_sent(tab: Page, times: int = 1) -> list[str]:
    """Wait until the first message of somebody has been sent, so often; return all hops."""
    hops: list[str] = []

    def is_sent() -> bool:
        hops[:] = tab.evaluate("allPlayed()")
        return sum(bool(re.match(r"writer-\d+ sent .*\.1$", hop)) for hop in hops) == times

    wait_for(is_sent, "the last hop of a message")
    return hops


def test_a_message_is_seen_crossing_the_server(server: Server, open_tab: Open) -> None:
    """What one tab says, another sees on its way: each step, in order, in its place."""
    one, two, viewer = open_tab(server), open_tab(server), open_tab(server)
    look_inside(viewer, 3)
    sender = numbers_by_counts(viewer)
    say(one, "hello")
    see(two, "hello")
    played = [hop for hop in wait_until_sent(viewer, 2) if hop.endswith(".1")]
    name = re.match(r"reader-(\d+) received inbound \1\.1$", played[0])
    assert name, played
    assert int(name[1]) in sender
    item = f"{name[1]}.1"
    others = sender - {int(name[1])}
    assert played[1:3] == [f"reader-{name[1]} put inbound {item}", f"broker got inbound {item}"]
    for other in others:
        lane = [hop for hop in played if f"outbound-{other}" in hop]
        assert lane == [
            f"broker put outbound-{other} {item}",
            f"writer-{other} got outbound-{other} {item}",
            f"writer-{other} sent outbound-{other} {item}",
        ]
    assert not [hop for hop in played if f"outbound-{name[1]} " in hop]
    expect(viewer.locator("#steps")).to_contain_text(re.compile(rf"has sent {item} “.*hello”"))
    assert viewer.troubles == []


def numbers_by_counts(tab: Page) -> set[int]:
    found = tab.evaluate(
        "[...document.querySelectorAll('[data-client]')].map((lane) => lane.dataset.client)"
    )
    return set(map(int, found))


def test_the_dots_are_where_the_message_is(server: Server, open_tab: Open) -> None:
    """The message moves from the left to the right, and a copy of it to each other client."""
    viewer, _, _ = open_tab(server), open_tab(server), open_tab(server)
    look_inside(viewer, 3)
    viewer.evaluate(
        """() => {
          globalThis.seen = {};
          const look = () => {
            for (const dot of document.querySelectorAll(".dot[visibility='visible']")) {
              const [x, y] = dot.getAttribute("transform").match(/[\\d.]+/g).map(Number);
              (seen[dot.dataset.item] ??= []).push([x, y]);
            }
            requestAnimationFrame(look);
          };
          look();
        }"""
    )
    viewer.get_by_role("button", name="Say hello").click()
    wait_until_sent(viewer, 2)
    seen = viewer.evaluate("Object.entries(seen).filter(([item]) => item.endsWith('.1'))")
    [(_, places)] = seen
    width = viewer.locator("#stage").evaluate("(stage) => stage.clientWidth")
    assert min(x for x, _ in places) < 0.2 * width
    assert max(x for x, _ in places) > 0.8 * width
    ends = {round(y) for x, y in places if x > 0.75 * width}
    assert len(ends) == 2, "one lane for each of the two others"
    expect(viewer.locator("[data-own='true'] .says")).to_contain_text("you · said 1")


def test_depths_and_counts_are_those_of_the_server(server: Server, open_tab: Open) -> None:
    """When all is done the queues are empty, and everybody has heard what was said."""
    viewer, other = open_tab(server), open_tab(server)
    look_inside(viewer, 2)
    set_speed(viewer, 0)
    for number in range(3):
        say(other, f"message {number}")
    expect(viewer.locator("#scene")).to_contain_text("said 3", timeout=PATIENCE)
    expect(viewer.locator("#scene")).to_contain_text("heard 3", timeout=PATIENCE)
    for queue in viewer.locator("[data-queue]").all():
        expect(queue).to_have_attribute("data-size", "0", timeout=PATIENCE)
    assert viewer.locator("[data-queue]").count() == 1 + 2


def test_who_does_not_read_is_seen_filling_its_queue_and_is_cut_off(
    server: Server, open_tab: Open
) -> None:
    """Two buttons are enough, with the limits that the server has by default."""
    viewer, other = open_tab(server), open_tab(server)
    look_inside(viewer, 2)
    viewer.get_by_role("button", name="Add one that never reads").click()
    expect(viewer.locator("#scene")).to_have_attribute("data-clients", "3", timeout=PATIENCE)
    viewer.get_by_role("button", name="Say 1,000 messages").click()
    full = viewer.locator(".lane[data-state='full']")
    expect(full).to_have_count(1, timeout=3 * PATIENCE)
    expect(full).to_contain_text("cut off: too slow")
    expect(viewer.locator("#notes .news")).to_contain_text("too slow: its queue was full")
    expect(full.locator("[data-full='true']")).to_have_count(1)
    expect(other.locator("#received")).to_have_text("1,001", timeout=PATIENCE)
    expect(viewer.locator("#scene")).to_have_attribute("data-clients", "2", timeout=2 * PATIENCE)
    assert viewer.troubles == []


def test_it_stays_bounded_when_messages_come_faster_than_it_plays(
    server: Server, open_tab: Open
) -> None:
    """It says how many it did not show, and shows the next one after that."""
    viewer, other = open_tab(server), open_tab(server)
    look_inside(viewer, 2)
    other.evaluate(
        """() => {
          const socket = new WebSocket(location.origin.replace("http", "ws"));
          socket.onopen = () => { for (let i = 1; i <= 5000; i++) socket.send(`burst: ${i}`); };
        }"""
    )
    notes = viewer.locator("#notes")
    expect(notes).to_contain_text(re.compile(r"\d messages not shown"), timeout=PATIENCE)
    expect(notes).to_contain_text(re.compile(r"\d steps missed"), timeout=PATIENCE)
    assert viewer.locator(".dot").count() <= 150
    set_speed(viewer, 0)
    expect(viewer.locator("#scene")).to_contain_text("heard 5,000", timeout=PATIENCE)
    say(other, "after the burst")
    expect(viewer.locator("#steps")).to_contain_text("after the burst", timeout=2 * PATIENCE)
    assert viewer.troubles == []


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
    """Return the ms from the first hop of a message to its last, as they are played."""
    return tab.evaluate(
        """() => new Promise((done) => {
          let began;
          const scene = document.querySelector("#scene");
          const watching = new MutationObserver(() => {
            if (scene.dataset.hop.includes(" received ")) began = performance.now();
            if (!began || !/ sent .*\\.\\d+$/.test(scene.dataset.hop)) return;
            watching.disconnect();
            done(performance.now() - began);
          });
          watching.observe(scene, { attributeFilter: ["data-hop"] });
          document.querySelector("#hello").click();
        })"""
    )


def test_a_viewer_is_not_in_its_own_picture(server: Server, open_tab: Open) -> None:
    """There is one lane for each client, and none for those who watch."""
    viewer, second = open_tab(server), open_tab(server)
    look_inside(viewer, 2)
    look_inside(second, 2)
    say_hello = second.get_by_role("button", name="Say hello")
    say_hello.click()
    wait_until_sent(viewer)
    assert viewer.locator(".lane").count() == 2
    clients = {client.number for client in server.snapshot().clients}
    assert numbers_by_counts(viewer) == clients
    threads = {hop.split()[0] for hop in viewer.evaluate("allPlayed()")}
    allowed = {f"{kind}-{number}" for kind in ("reader", "writer") for number in clients}
    assert threads <= allowed | {"broker"}


def test_nothing_is_recorded_unless_somebody_looks(start, open_tab: Open) -> None:
    """The trace is open as long as the view is shown, and no longer."""
    trace = Trace()
    server = start(queues=trace)
    tab, other = open_tab(server), open_tab(server)
    sockets = []
    tab.on("websocket", lambda socket: sockets.append(socket))
    say(tab, "nobody looks")
    see(other, "nobody looks")
    assert trace.next_number() == 0
    look_inside(tab, 2)
    [socket] = [socket for socket in sockets if socket.url.endswith("/trace")]
    with socket.expect_event("close", timeout=PATIENCE):
        tab.get_by_role("link", name="Talk").click()


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


def test_a_server_without_a_trace_is_no_riddle(start, open_tab: Open) -> None:
    """It says that this server does not show its inside, and does not ask again and again."""
    tab = open_tab(start())
    tab.get_by_role("link", name="Inside").click()
    expect(tab.locator("#blind")).to_contain_text("--no-trace", timeout=PATIENCE)


def test_a_lost_trace_comes_back(open_tab: Open) -> None:
    """After a restart of the server it is watched again, without help."""
    with Server(port=0, queues=Trace()) as server:
        tab, port = open_tab(server), port_of(server)
        look_inside(tab, 1)
    expect(tab.locator("#blind")).to_contain_text("Trying again", timeout=PATIENCE)
    with Server(port=port, queues=Trace()):
        see_state(tab, "connected")
        expect(tab.locator("#blind")).to_be_hidden(timeout=PATIENCE)
        expect(tab.locator("#scene")).to_have_attribute("data-clients", "1", timeout=PATIENCE)


def test_a_crowd_is_drawn_in_part(server: Server, open_tab: Open, connect) -> None:
    """Twelve lanes, and a number for the others."""
    tab = open_tab(server)
    for _ in range(51):
        connect(server)
    look_inside(tab, 52)
    assert tab.locator(".lane").count() == 12
    expect(tab.locator("#scene")).to_contain_text("and 40 more")


@pytest.mark.parametrize("width", [320, 1280])
def test_the_picture_fits_the_window(server: Server, open_tab: Open, width: int) -> None:
    """Nobody has to scroll sideways."""
    tab = open_tab(server, viewport={"width": width, "height": 640})
    look_inside(tab, 1)
    too_wide = """() => [...document.querySelectorAll("html, body, #inside, #stage, .told")]
      .filter((node) => node.scrollWidth > node.clientWidth).map((node) => node.id)"""
    assert tab.evaluate(too_wide) == []
    tab.get_by_role("button", name="Say hello").click()
    expect(tab.locator("#steps")).to_contain_text("received", timeout=PATIENCE)
    assert tab.evaluate(too_wide) == []


def test_who_wants_no_motion_sees_steps(server: Server, open_tab: Open) -> None:
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
    wait_until_sent(viewer)
    assert 3 <= viewer.evaluate("places.size") <= 7
