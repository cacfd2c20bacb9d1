"""The view "inside" is told hops of real runs, and what it draws is compared with what they say.

In every frame: what is on each queue, how many, how many bytes; what was sent to each client; who
has a lane; and the last caption. The hops, and what is true after each, are in `recorded_hops.py`.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from browser import PATIENCE, Open, chromium, tabs  # noqa: F401
from clients import RawClient, wait_for_clients
from playwright.sync_api import expect
from recorded_hops import KEEP_FRAMES, FakeTrace, check, check_queues, frames_of, recorded, truths

from msgproxy import Server

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


def a_burst(_: Server, clients: list[RawClient]) -> None:
    """Two hundred messages at once: more than a queue has places to draw."""
    for number in range(200):
        clients[0].send(f"message {number}")
    for other in clients[1:]:
        for _ in range(200):
            other.receive()


def one_is_cut_off(server: Server, clients: list[RawClient]) -> None:
    """The last client does not read, until its queue is full."""
    speaker, reader, _ = clients
    while len(server.snapshot().clients) == 3:
        speaker.send(bytes(60 * KIB))
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


@pytest.fixture(name="told")
def told_by_the_test(server: Server, open_tab: Open) -> Callable:
    """Open the view in a tab that is told hops by the test."""

    def open_told():
        tab = open_tab(server, route=FakeTrace)
        tab.get_by_role("link", name="Inside").click()
        tab.evaluate(KEEP_FRAMES)
        tab.wait_for_function("() => document.querySelector('#blind').hidden")
        return tab

    return open_told


@pytest.mark.parametrize("run", RUNS)
def test_what_is_drawn_is_what_the_hops_say(told, run: str) -> None:
    """Every dot, count and caption is that of one moment, in every frame."""
    count, act, limits = RUNS[run]
    hops = recorded(count, act, **limits)
    tab = told()
    tab.trace.tell(hops)
    frames = frames_of(tab, hops[-1].number)
    assert len(frames) > 10
    true = truths(hops)
    for frame in frames:
        check(frame, true[int(frame["number"])])
    assert tab.troubles == []


@pytest.mark.parametrize("act", ["got", "put", "sent", "handled", "received"])
def test_a_lost_step_leaves_no_ghost(told, act: str) -> None:
    """With one step missing nothing is drawn that is not there, then or later."""
    hops = recorded(3, three_talk)
    missing = next(hop for hop in hops[40:] if hop.act == act and "1.2" in map(str, hop.items))
    tab = told()
    tab.trace.tell([hop for hop in hops if hop is not missing])
    frames = frames_of(tab, hops[-1].number)
    true = truths(hops)
    for frame in frames:
        check_queues(frame, true[int(frame["number"])])
    messages = tab.locator(".dot[visibility='visible'][data-kind='message']")
    expect(messages).to_have_count(0, timeout=PATIENCE)
