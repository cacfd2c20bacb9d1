"""The view "inside" is told hops of real runs, and what it draws is compared with what they say.

In every frame: what is on each queue, how many, how many bytes; what was sent to each client; who
has a lane; and the last caption. The hops, and what is true after each, are in `recorded_hops.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from browser import PATIENCE, both, tabs  # noqa: F401
from clients import RawClient, wait_for_clients
from playwright.sync_api import expect
from recorded_hops import (  # noqa: F401
    check,
    check_queues,
    frames_of,
    recorded,
    told_by_the_test,
    truths,
)

from msgproxy import Limits, Server
from msgproxy.tracing.hops import Hop
from msgproxy.tracing.viewers import HOPS_PER_TICK

KIB = 1024
SMALL = {"max_message_size": 64 * KIB, "inbound_limit": 256 * KIB, "outbound_limit": 1024 * KIB}


def three_talk(_: Server, clients: list[RawClient]) -> None:
    """Each says three messages, and all others receive them."""
    for speaker in clients * 3:
        speaker.send("hello")
        for other in clients:
            assert other is speaker or other.receive() == "hello"


def one_of_many_talks(_: Server, clients: list[RawClient]) -> None:
    """The speaker is none of the first dozen."""
    for number in range(2):
        clients[37].send(f"message {number}")
        for other in clients:
            assert other is clients[37] or other.receive()


def a_burst(_: Server, clients: list[RawClient], count: int = 200) -> None:
    """Many messages at once: more than a queue has places to draw."""
    for number in range(count):
        clients[0].send(f"message {number}")
    for other in clients[1:]:
        for _ in range(count):
            other.receive()


def a_long_burst(server: Server, clients: list[RawClient]) -> None:
    """More steps than the server tells in a tick."""
    a_burst(server, clients, 1000)


def one_is_cut_off(server: Server, clients: list[RawClient]) -> None:
    """The last client does not read, until its queue is full. The others talk on."""
    speaker, reader, _ = clients
    while len(server.snapshot().clients) == 3:
        speaker.send(bytes(60 * KIB))
        reader.receive()
    for _ in range(3):
        speaker.send("it has gone")
        reader.receive()


def some_come_and_go(server: Server, clients: list[RawClient]) -> None:
    """New ones join in the midst of the talk, and old ones leave."""
    for _ in range(4):
        with RawClient(server.url) as visitor:
            wait_for_clients(server, 4)
            visitor.send("good day")
            for each in clients:
                assert each.receive() == "good day"
            visitor.close_cleanly()
        wait_for_clients(server, 3)


RUNS = {
    "three talk": (3, three_talk, {}),
    "one of fifty talks": (50, one_of_many_talks, {}),
    "a burst": (3, a_burst, {}),
    "one is cut off": (3, one_is_cut_off, SMALL),
    "some come and go": (3, some_come_and_go, {}),
}


@pytest.mark.parametrize("run", RUNS)
def test_what_is_drawn_is_what_the_hops_say(told, run: str) -> None:
    """Every dot, count and caption is that of one moment, in every frame."""
    count, act, limits = RUNS[run]
    hops = recorded(count, act, **limits)
    tab = told()
    tab.trace.tell(hops)
    frames = frames_of(tab, hops[-1].number)
    assert len(frames) > 2  # a busy machine draws few
    true = truths(hops)
    for frame in frames:
        check(frame, true[int(frame["number"])])
    assert tab.troubles == []


@pytest.mark.parametrize("act", ["got", "put", "sent", "handled", "received"])
def test_a_lost_step_leaves_no_ghost(told, act: str) -> None:
    """With one step missing nothing is drawn that is not there, then or later."""
    hops = recorded(3, three_talk)
    speaker = next(hop.thread for hop in hops if hop.act == "received").removeprefix("reader-")
    missing = next(
        hop for hop in hops[40:] if hop.act == act and f"{speaker}.2" in map(str, hop.items)
    )
    tab = told()
    tab.trace.tell([hop for hop in hops if hop is not missing])
    frames = frames_of(tab, hops[-1].number)
    true = truths(hops)
    for frame in frames:
        check_queues(frame, true[int(frame["number"])], is_whole=False)
    messages = tab.locator(".dot[visibility='visible'][data-kind='message']")
    expect(messages).to_have_count(0, timeout=PATIENCE)


@pytest.mark.parametrize("act", [a_burst, a_long_burst])
def test_many_lost_steps_leave_no_ghost(told, act: Callable) -> None:
    """As when more happens in a tick than the server tells. The view says how many are missing."""
    hops = recorded(3, act)
    middle = len(hops) // 2
    first, last = hops[:middle], hops[middle + 150 :][-HOPS_PER_TICK:]
    lost = last[0].number - middle
    tab = told()
    tab.trace.tell(first)
    frames_of(tab, first[-1].number)
    tab.locator("#pause").click()
    tab.trace.tell(last, lost)
    tab.locator("#forward").click()  # the first step after those that are lost is in a frame
    frames_of(tab, last[0].number)
    tab.locator("#pause").click()
    frames = frames_of(tab, hops[-1].number)
    expect(tab.locator("#notes")).to_contain_text(f"{lost} steps missed")
    true = truths(hops)
    for frame in frames:
        check_queues(frame, true[int(frame["number"])], is_whole=False)
    expect(tab.locator("[data-queue]:not([data-count='0'])")).to_have_count(0, timeout=PATIENCE)


@pytest.fixture(name="loss")
def steps_lost_while_a_queue_fills() -> tuple[str, list[Hop], list[Hop]]:
    """Hops before and after some that are lost: on the queue that is named more waits then.

    The first after them says nothing of that queue, and the second does.
    """
    hops = recorded(3, one_is_cut_off, **SMALL)
    queue = next(hop.queue for hop in hops if hop.act == "full")
    puts = [place for place, hop in enumerate(hops) if (hop.act, hop.queue) == ("put", queue)]
    later = [place for place in puts[-5:] if hops[place - 1].time < hops[place].time]
    assert hops[later[0] - 1].queue != queue
    return queue, hops[: puts[-10] + 1], hops[later[0] - 1 :]


def test_an_old_size_is_not_shown_as_if_it_were_known(told, loss) -> None:
    """After lost steps the next hop of a queue says its size, but not how many messages it has."""
    queue, first, [other, put, *_] = loss
    assert first[-1].size < put.size
    tab = told()
    tab.trace.tell(first)
    frames_of(tab, first[-1].number)
    tab.locator("#pause").click()
    tab.trace.tell([other, put], lost=other.number - first[-1].number - 1)
    for hop in (other, put):
        tab.locator("#forward").click()
        frames = {int(frame["number"]): frame for frame in frames_of(tab, hop.number)}
    old, new = (
        next(each for each in frames[hop.number]["queues"] if each["name"] == queue)
        for hop in (other, put)
    )
    assert (old["size"], old["count"]) == ("", "")
    assert old["words"].startswith("≈")
    assert (new["size"], new["count"]) == (str(put.size), "")
    assert re.fullmatch(r"\d+ KiB", new["words"])


def test_after_lost_steps_the_story_counts_nothing_that_it_does_not_know(
    told, loss, server: Server
) -> None:
    """How much is on the queue of the slow client is known again, and how many messages is not."""
    queue, first, [*rest] = loss
    tab = told()
    [own] = server.snapshot().clients
    slow = {"number": int(queue.partition("-")[2]), "target": f"{own.target}-slow"}
    nothing = {"messages_in": 0, "messages_out": 0, "waiting": 0}
    tab.trace.count(Limits(**SMALL), first[0], [{**slow, **nothing}])
    tab.trace.tell(first)
    story = tab.locator("#story")
    expect(story).to_contain_text(re.compile(r"On its queue: \d+ messages, \d+ KiB of 1 MiB\."))
    full = next(place for place, hop in enumerate(rest) if hop.act == "full")
    tab.trace.tell(rest[:full], lost=rest[0].number - first[-1].number - 1)
    expect(story).to_contain_text(re.compile(r"On its queue: \d+ KiB of 1 MiB\."))
    tab.trace.tell([rest[full]])
    expect(story).to_contain_text(re.compile(r"no room for \d+ more: \d+ KiB of 1 MiB\."))


OVERLAPS = """() => {
  const seen = (selector) => [...document.querySelectorAll(selector)].filter((node) =>
    node.checkVisibility({ visibilityProperty: true }) && node.getBBox().width);
  const box = (node) => { // without its outline
    const { x, y, width, height } = node.getBBox();
    const { a, e, f } = node.getScreenCTM();
    return [x * a + e, (x + width) * a + e, y * a + f, (y + height) * a + f];
  };
  const overlap = (one, other) => {
    const [[left, right, top, bottom], [start, end, high, low]] = [box(one), box(other)];
    return left < end && start < right && top < low && high < bottom;
  };
  const threads = seen(".thread circle");
  const lie = (nodes, on) => nodes.filter((node, at) =>
    on(at).some((other) => overlap(node, other)));
  const waiting = seen(".dot:not([data-on='']) circle");
  return [...lie(seen(".amount, .says"), () => threads).map((text) => text.textContent),
    ...lie(waiting, (at) => waiting.slice(0, at)).map(box)];
}"""
"""Asks a tab for the words on a thread, and for the dots on other dots."""


@pytest.mark.parametrize("width", [320, 768])
def test_in_a_narrow_window_all_can_be_read(told, width: int) -> None:
    """What waits on a full queue is side by side, and no words lie upon a thread."""
    limits = Limits(**SMALL)
    hops = recorded(3, one_is_cut_off, **SMALL)
    full = next(place for place, hop in enumerate(hops) if hop.act == "full")
    tab = told(viewport={"width": width, "height": 640})
    tab.trace.count(limits, hops[0])
    tab.trace.tell(hops[:full])
    frames_of(tab, hops[full - 1].number)
    amount = tab.locator(f"[data-queue='{hops[full].queue}'] .amount")
    expect(amount).to_have_text(re.compile(r"\d+ · \d+ KiB"))
    assert tab.evaluate(OVERLAPS) == []


def test_of_several_messages_in_one_hand_one_has_its_words(told) -> None:
    """The words of all of them would lie upon each other."""
    hops = recorded(2, a_burst)
    taken = [place for place, hop in enumerate(hops) if hop.act == "got" and len(hop.items) > 1]
    last = next(place for place in reversed(taken) if hops[place].queue != "inbound")
    tab = told()
    tab.trace.tell(hops[: last + 1])
    frames_of(tab, hops[last].number)
    in_hand = tab.locator(".dot[visibility='visible'][data-kind='message'][data-on='']")
    expect(in_hand.nth(1)).to_be_attached()
    assert in_hand.locator("text").filter(visible=True).count() <= 1  # with many dots, none has any


def test_after_a_burst_it_is_as_slow_as_it_was(told) -> None:
    """To show all of it in time, the view was faster for a while."""
    hops = recorded(3, a_burst)
    tab = told()
    tab.trace.tell(hops)
    tab.wait_for_function("() => !slowness.textContent.startsWith('5,000')", timeout=PATIENCE)
    frames_of(tab, hops[-1].number)
    expect(tab.locator("#slowness")).to_have_text("5,000 \u00d7 slower", timeout=PATIENCE)


FRAMES_APART = """(milliseconds) => {
  const soon = requestAnimationFrame;
  globalThis.requestAnimationFrame = (draw) => setTimeout(() => soon(draw), milliseconds);
}"""
"""Has a tab draw less often, as on a busy machine."""


@pytest.mark.parametrize("apart", [0, 250])
def test_the_moment_without_room_is_never_passed_over(told, apart: int) -> None:
    """Not even if the view is so late that it passes over all else, and hardly ever draws."""
    limits = Limits(**SMALL)
    hops = recorded(3, one_is_cut_off, **SMALL)
    start = hops[0].time
    hops = [hop._replace(time=start + 1000 * (hop.time - start)) for hop in hops]
    tab = told()
    tab.evaluate(FRAMES_APART, apart)
    tab.trace.count(limits, hops[0])
    tab.trace.tell(hops)
    frames = frames_of(tab, hops[-1].number)
    full = next(hop for hop in hops if hop.act == "full")
    assert full.number in [int(frame["number"]) for frame in frames]
    before = next(frame for frame in reversed(frames) if int(frame["number"]) < full.number)
    [size] = [queue["size"] for queue in before["queues"] if queue["name"] == full.queue]
    assert int(size) > 0.8 * limits.outbound_limit
