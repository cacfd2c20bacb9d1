"""The view "inside" believes what the server counts, when nothing has happened for a while."""

from __future__ import annotations

import itertools
import re

from browser import both, tabs  # noqa: F401
from inside_view import numbers_by_counts
from playwright.sync_api import expect
from recorded_hops import frames_of, recorded, told_by_the_test  # noqa: F401

from msgproxy import Limits
from msgproxy.tracing.hops import Hop

SECOND = 10**9  # ns


def is_of_one_who_stays(hop: Hop) -> bool:
    return not any(re.match("left|close", str(item)) for item in hop.items)


def test_a_client_that_one_count_lacked_is_here_again_with_the_next(told) -> None:
    """On a busy machine, a count can be older than the last hops: it lacks who has just joined."""
    hops = recorded(3, lambda _, clients: clients[0].send("hello"))
    hops = list(itertools.takewhile(is_of_one_who_stays, hops))
    last = hops[-1]
    later = last._replace(number=last.number + 1, time=last.time + SECOND)
    tab = told()
    tab.trace.tell(hops)
    frames_of(tab, last.number)
    numbers = sorted(numbers_by_counts(tab))
    assert len(numbers) == 3
    zeros = {"messages_in": 0, "messages_out": 0, "waiting": 0, "target": "/"}
    clients = [{"number": number, **zeros} for number in numbers]
    newest = tab.locator(f"[data-client='{numbers[-1]}']")
    tab.trace.count(Limits(), later, clients[:-1])
    expect(newest).to_have_attribute("data-state", "gone")
    tab.trace.count(Limits(), later._replace(time=later.time + SECOND), clients)
    expect(newest).to_have_attribute("data-state", "here")
    assert tab.locator("#scene").get_attribute("data-clients") == "3"
