"""Recordings as Chrome's trace events: slices, arrows and counters, as the format asks for them."""

from __future__ import annotations

import itertools
import json

from recordings import every_run, made_up  # noqa: F401

from msgproxy.picture.chrome_trace import trace_events
from msgproxy.picture.from_hops import timeline_from_hops
from msgproxy.tracing.hops import Hop


def events(hops: list[Hop], *kinds: str) -> list[dict]:
    return [
        event
        for event in trace_events(timeline_from_hops(hops))["traceEvents"]
        if event["ph"] in kinds
    ]


def test_every_event_has_what_the_format_asks_for(hops: list[Hop]):
    """A kind, a name, a process; a time from 0 in µs and, but for counters, a named thread."""
    named = {event["tid"] for event in events(hops, "M") if event["name"] == "thread_name"}
    for event in trace_events(timeline_from_hops(hops))["traceEvents"]:
        assert event["pid"] == 1
        assert event["name"]
        if event["ph"] != "M":
            assert event["ts"] >= 0
        if event["ph"] in "Xsf":
            assert event["tid"] in named
    json.dumps(trace_events(timeline_from_hops(hops)), allow_nan=False)


def test_slices_of_a_thread_nest(hops: list[Hop]):
    """Each is over before the next begins, or lies within another one."""
    slices = events(hops, "X")
    for one, other in itertools.combinations(slices, 2):
        if one["tid"] == other["tid"]:
            early, late = sorted((bounds(one), bounds(other)), key=lambda b: (b[0], -b[1]))
            assert early[1] <= late[0] or late[1] <= early[1], (one, other)
            assert early[1] > early[0]


def test_every_arrow_has_two_ends_within_slices(hops: list[Hop]):
    """The end is not before the beginning. Each has a number and a name of its own."""
    starts = {event["id"]: event for event in events(hops, "s")}
    ends = {event["id"]: event for event in events(hops, "f")}
    assert starts.keys() == ends.keys()
    assert len(starts) == sum(transit.end == "got" for transit in timeline_from_hops(hops).transits)
    for number, start in starts.items():
        end = ends[number]
        assert (start["cat"], start["name"]) == (end["cat"], end["name"])
        assert start["ts"] <= end["ts"]
        assert end["bp"] == "e"
        for tip in (start, end):
            assert any(is_in(tip, each) for each in events(hops, "X")), tip


def test_counters_show_the_depth_of_each_queue(few: list[Hop]):
    """In items and in bytes, each time that it changes."""
    counted = [(event["name"], event["ts"], event["args"]) for event in events(few, "C")]
    assert ("inbound: items", 2.0, {"items": 1}) in counted
    assert ("inbound: bytes", 2.0, {"bytes": 69}) in counted
    assert ("inbound: items", 3.0, {"items": 0}) in counted


def bounds(event: dict) -> tuple[int, int]:
    """In ns, so that they can be compared."""
    start = round(event["ts"] * 1000)
    return start, start + round(event["dur"] * 1000)


def is_in(tip: dict, event: dict) -> bool:
    start, end = bounds(event)
    return tip["tid"] == event["tid"] and start <= round(tip["ts"] * 1000) < end
