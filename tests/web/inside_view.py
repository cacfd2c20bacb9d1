"""The view "inside" of the demo page: how a test gets there, and what it can ask it.

What is drawn says in data-* attributes what it stands for. The tests go by them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from browser import PATIENCE
from clients import wait_for
from playwright.sync_api import Page, expect

from msgproxy import Server
from msgproxy.tracing.viewers import LiveRecording

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
    return start(queues=LiveRecording())


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


def play_again(tab: Page, receivers: int) -> Iterator[None]:
    """Let the last message play several times, and yield after each, for as long as one asks.

    For what is only seen while it moves: a busy browser leaves out frames, each time others.
    """
    for plays in range(1, 6):
        wait_until_sent(tab, plays * receivers)
        yield
        tab.get_by_role("button", name="Again").click()


def numbers_by_counts(tab: Page) -> set[int]:
    found = tab.evaluate(
        "[...document.querySelectorAll('[data-client]')].map((lane) => lane.dataset.client)"
    )
    return set(map(int, found))
