"""The view "inside" in a real browser: it shows what really happens, in the order it happened.

The fixture `watched`, and what a test asks the view, are in `inside_view.py`.
"""

from __future__ import annotations

import re

from browser import PATIENCE, Open, both, say, see, tabs  # noqa: F401
from inside_view import (
    look_inside,
    numbers_by_counts,
    play_again,
    set_speed,
    wait_until_sent,
    watched,  # noqa: F401
)
from playwright.sync_api import expect

from msgproxy import Server


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
    expect(viewer.locator("#steps")).to_contain_text(re.compile(r"has sent “hello” \(.*1st\)"))
    assert viewer.troubles == []


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
    width = viewer.locator("#stage").evaluate("(stage) => stage.clientWidth")
    viewer.get_by_role("button", name="Say hello").click()
    for _ in play_again(viewer, 2):
        seen = viewer.evaluate("Object.entries(seen).filter(([item]) => item.endsWith('.1'))")
        [(_, places)] = seen
        began = min(x for x, _ in places) < 0.2 * width
        ended = max(x for x, _ in places) > 0.8 * width
        ends = {round(y) for x, y in places if x > 0.75 * width}
        if began and ended and len(ends) == 2:
            break
    assert (began, ended) == (True, True)
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
    expect(viewer.locator("#scene")).to_contain_text("sent 3", timeout=PATIENCE)
    for queue in viewer.locator("[data-queue]").all():
        expect(queue).to_have_attribute("data-size", "0", timeout=PATIENCE)
    assert viewer.locator("[data-queue]").count() == 1 + 2


def test_it_stays_bounded_when_messages_come_faster_than_it_plays(
    server: Server, open_tab: Open
) -> None:
    """It says how many messages it passed over, and shows the next one after that."""
    viewer, other = open_tab(server), open_tab(server)
    look_inside(viewer, 2)
    other.evaluate(
        """() => {
          const socket = new WebSocket(location.origin.replace("http", "ws"));
          socket.onopen = () => { for (let i = 1; i <= 5000; i++) socket.send(`burst: ${i}`); };
        }"""
    )
    notes = viewer.locator("#notes")
    expect(notes).to_contain_text(re.compile(r"\d of [\d,]+ messages\s+shown"), timeout=PATIENCE)
    assert viewer.locator(".dot").count() <= 150
    set_speed(viewer, 0)
    expect(viewer.locator("#scene")).to_contain_text("sent 5,000", timeout=PATIENCE)
    say(other, "after the burst")
    expect(viewer.locator("#steps")).to_contain_text("after the burst", timeout=2 * PATIENCE)
    assert viewer.troubles == []


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
