"""Hops of real runs, told to the view "inside" by the test instead of the server; and what is true
after each of them, worked out here once more and in another way than the page does.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from browser import PATIENCE, Open
from clients import RawClient, wait_for_clients, ws
from playwright.sync_api import Page, WebSocketRoute
from simple_websocket import Client

from msgproxy import Limits, Server
from msgproxy.tracing.hops import Hop
from msgproxy.tracing.viewers import LiveRecording

MESSAGE = re.compile(r"\d+\.\d+")
AT_A_TIME = 1000
"""Hops that one message of `/trace` has at the most."""

SLOTS = 6
"""Dots that are drawn on one queue at the most."""

KEEP_FRAMES = """() => {
  globalThis.frames = [];
  const scene = document.querySelector("#scene");
  const look = () => {
    requestAnimationFrame(look);
    if (scene.dataset.number === "" || scene.dataset.number === frames.at(-1)?.number) return;
    const dots = [...scene.querySelectorAll(".dot[visibility=visible]")].map((dot) =>
      ({ item: dot.dataset.item, on: dot.dataset.on, opacity: getComputedStyle(dot).opacity }));
    const queues = [...scene.querySelectorAll("[data-queue]")].map((queue) =>
      ({ name: queue.dataset.queue, count: queue.dataset.count, size: queue.dataset.size,
         words: queue.querySelector(".amount").textContent }));
    const clients = [...scene.querySelectorAll("[data-client]")].map((lane) =>
      ({ number: Number(lane.dataset.client), state: lane.dataset.state,
         received: Number(lane.querySelector(".gets").dataset.received) }));
    const caption = document.querySelector("#steps li:last-child b")?.title ?? "";
    frames.push({ number: scene.dataset.number, dots, queues, clients, caption });
  };
  look();
}"""
"""Has a tab remember what is drawn in each frame in which another hop has been played."""


@dataclass
class Truth:
    """What is where after some hops."""

    number: int = -1
    thread: str = ""
    waiting: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    sizes: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    received: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    speaking: frozenset[int] = frozenset()
    cut_off: frozenset[int] = frozenset()

    def after(self, hop: Hop) -> Truth:
        """Return what is true after one hop more."""
        items = list(map(str, hop.items))
        lane = int(hop.queue.partition("-")[2] or 0)
        waiting, sizes = self._queues_after(hop, items)
        received = self.received.copy()
        if hop.act == "sent":
            received[lane] += sum(bool(MESSAGE.fullmatch(item)) for item in items)
        cut_off = self.cut_off | ({lane} if hop.act == "full" else set())
        for gone in cut_off:
            if hop.act == "handled" and f"left {gone}" in items:  # nobody takes what waits for it
                waiting[f"outbound-{gone}"], sizes[f"outbound-{gone}"] = [], 0
        speaking = self._speaking_after(hop, items)
        return Truth(hop.number, hop.thread, waiting, sizes, received, speaking, cut_off)

    def _queues_after(self, hop: Hop, items: list[str]) -> tuple[dict, dict]:
        waiting, sizes = self.waiting.copy(), self.sizes.copy()
        if hop.act == "put":
            waiting[hop.queue] = waiting[hop.queue] + items
        elif hop.act in ("got", "lost"):
            waiting[hop.queue] = [item for item in waiting[hop.queue] if item not in items]
        if hop.act in ("put", "got", "lost", "full"):
            sizes[hop.queue] = hop.size
        return waiting, sizes

    def _speaking_after(self, hop: Hop, items: list[str]) -> frozenset[int]:
        senders = {int(item.partition(".")[0]) for item in items if MESSAGE.fullmatch(item)}
        if hop.act == "received":
            return self.speaking | senders
        return self.speaking - senders if hop.act == "handled" else self.speaking


def truths(hops: Sequence[Hop]) -> dict[int, Truth]:
    """Return what is true after each hop, by its number."""
    found, truth = {}, Truth()
    for hop in hops:
        truth = truth.after(hop)
        found[hop.number] = truth
    return found


class FakeTrace:
    """Is `/trace` to a tab: it tells the hops that the test wants, at the pace of the server."""

    def __init__(self, tab: Page) -> None:
        self._route: WebSocketRoute | None = None
        tab.route_web_socket(re.compile("/trace$"), self._opened)

    def _opened(self, route: WebSocketRoute) -> None:
        self._route = route

    def tell(self, hops: Sequence[Hop], lost: int = 0) -> None:
        assert self._route, "nobody watches"
        for start in range(0, len(hops), AT_A_TIME):
            told = [list(hop.in_words()) for hop in hops[start : start + AT_A_TIME]]
            self._route.send(json.dumps({"hops": told, "lost": 0 if start else lost}))

    def count(self, limits: Limits, before: Hop, clients: Sequence[dict] = ()) -> None:
        """Tell the limits, and that before this hop there were these clients, or nobody."""
        counts = {
            "clients": clients,
            "waiting": 0,
            "limit": limits.outbound_limit,
            "inbound_limit": limits.inbound_limit,
            "time": before.time - 1,
            "next_hop": before.number,
        }
        self._route.send(json.dumps(counts))


@pytest.fixture(name="told")
def told_by_the_test(server: Server, open_tab: Open) -> Callable[..., Page]:
    """Open the view in a tab that is told hops by the test: `told().trace.tell(hops)`."""

    def open_told(**options) -> Page:
        tab = open_tab(server, route=FakeTrace, **options)
        tab.get_by_role("link", name="Inside").click()
        tab.evaluate(KEEP_FRAMES)
        tab.wait_for_function("() => document.querySelector('#blind').hidden")
        return tab

    return open_told


def frames_of(tab: Page, last: int) -> list[dict]:
    """Wait until this hop has been played; return what was drawn."""
    tab.wait_for_function(
        "(last) => Number(document.querySelector('#scene').dataset.number) >= last",
        arg=last,
        timeout=3 * PATIENCE,  # a busy machine draws a frame a second
    )
    return tab.evaluate("frames")


def check(frame: dict, truth: Truth) -> None:
    """Compare what was drawn with what is true."""
    assert frame["caption"].startswith(f"{truth.thread} "), (frame["caption"], truth.thread)
    check_queues(frame, truth)
    drawn = {client["number"] for client in frame["clients"]}
    for client in frame["clients"]:
        assert client["received"] == truth.received[client["number"]], (truth.number, client)
    assert truth.speaking <= drawn, "a client that is speaking has no lane"
    assert truth.cut_off <= drawn, "a client that was cut off has no lane"


def check_queues(frame: dict, truth: Truth, *, is_whole: bool = True) -> None:
    """Compare what is on the queues. If hops are lost, not all of it can be drawn."""
    on = defaultdict(list)
    for dot in frame["dots"]:
        on[dot["on"]].append(dot["item"])
        assert not dot["on"] or dot["opacity"] == "1", f"{dot} fades while it waits"
    for queue in frame["queues"]:
        name, waiting = queue["name"], truth.waiting[queue["name"]]
        where = f"{name} after hop {truth.number}"
        assert queue["count"] in ("", str(len(waiting))), (where, queue, waiting)
        assert queue["size"] in ("", str(truth.sizes[name])), (where, queue)
        if queue["count"]:
            assert set(on[name]) <= set(waiting[:SLOTS]), where
            assert not is_whole or len(on[name]) == len(waiting[:SLOTS]), where


def recorded(count: int, act: Callable[[Server, list[RawClient]], None], **limits) -> list[Hop]:
    """Run a server for that many clients, have them `act(server, clients)`, and return the hops.

    Somebody watches from the start, and somebody else soon: they take numbers, but are not clients.
    """
    recording = LiveRecording(is_on=True)
    with Server(port=0, queues=recording, limits=Limits(**limits)) as server:
        clients, viewers = [], []
        for number in range(1, count + 1):
            if number <= 2:
                viewers.append(Client(f"{ws(server.url)}trace"))
            clients.append(RawClient(server.url))
            wait_for_clients(server, number)
        act(server, clients)
        for each in clients + viewers:
            each.close()
    return recording.latest()
