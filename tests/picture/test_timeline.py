"""What a recording shows: when each thread worked, and the way of each message."""

from __future__ import annotations

import itertools
from xml.etree import ElementTree

import pytest
from recordings import every_run, hop, outbound, run  # noqa: F401

from msgproxy.events import MessageId
from msgproxy.picture.diagram import draw
from msgproxy.picture.from_hops import timeline_from_hops
from msgproxy.picture.layout import Layout
from msgproxy.tracing.hops import Hop


def test_every_flight_has_the_ends_that_it_had(hops: list[Hop]):
    """From the thread that put it to the one that got it; and no item is got before it was put."""
    timeline = timeline_from_hops(hops)
    for transit in timeline.transits:
        assert transit.source
        assert transit.put is not None
        assert transit.end != "got" or transit.target
        assert transit.waited is None or transit.waited >= 0
    puts = sum(len(hop.items) for hop in hops if hop.act in ("put", "full"))
    assert len(timeline.transits) == puts


def test_each_message_flies_once_to_the_broker_and_once_to_each_other_client():
    """Also when there are batches of them."""
    transits = timeline_from_hops(run("load")).transits
    for client, number in itertools.product((1, 2, 3), range(1, 9)):
        ways = [(f.source, f.target) for f in transits if f.item == MessageId(client, number)]
        others = [f"writer-{other}" for other in (1, 2, 3) if other != client]
        expected = [(f"reader-{client}", "broker"), *(("broker", other) for other in others)]
        assert sorted(ways) == sorted(expected)


def test_no_thread_does_two_things_at_once(hops: list[Hop]):
    """The spans of a thread come one after the other."""
    spans = timeline_from_hops(hops).spans
    for lane in {span.lane for span in spans}:
        own = sorted((span.start, span.end) for span in spans if span.lane == lane)
        assert all(one[1] <= other[0] for one, other in itertools.pairwise(own))


def test_a_thread_that_waits_for_room_is_drawn_as_waiting():
    """Between receiving and putting, the taker came: only then was there room."""
    item, other = (MessageId(1, 1),), (MessageId(2, 1),)
    hops = [
        hop(0, "reader-2", "received", other),
        hop(1, "reader-2", "put", other),
        hop(2, "reader-1", "received", item),
        hop(3, "broker", "got", other),
        hop(4, "reader-1", "put", item),
    ]
    assert [(s.lane, s.kind) for s in timeline_from_hops(hops).spans if "reader" in s.lane] == [
        ("reader-2", "works"),
        ("reader-1", "waits"),
    ]


def test_a_thread_that_had_room_is_not_drawn_as_waiting():
    """Another one has put meanwhile. So the queue was not full, although its taker came later."""
    item, other = (MessageId(1, 1),), (MessageId(2, 1),)
    hops = [
        hop(0, "reader-1", "received", item),
        hop(1, "reader-2", "received", other),
        hop(2, "reader-2", "put", other),
        hop(3, "broker", "got", other),
        hop(4, "reader-1", "put", item),
    ]
    kinds = {s.lane: s.kind for s in timeline_from_hops(hops).spans if "reader" in s.lane}
    assert kinds == {"reader-1": "works", "reader-2": "works"}


def test_a_client_that_has_gone_was_not_waited_for():
    """Its writer could not send, and ended. Only a full queue shows that a client did not read."""
    said = MessageId(1, 1)
    hops = [
        outbound(0, "writer-2", "sent", "welcome"),
        outbound(1, "broker", "put", said),
        outbound(2, "broker", "put", "close"),
        hop(3, "reader-2", "put", ("left 2",)),
        outbound(4, "writer-2", "got", said),
    ]
    [span] = timeline_from_hops(hops).spans
    assert (span.lane, span.kind, span.is_open) == ("writer-2", "sends", True)
    [left] = [each for each in timeline_from_hops(hops).transits if each.item == "close"]
    assert left.end == "lost"
    tips = [node.text for node in ElementTree.fromstring(draw(hops)).iter() if "title" in node.tag]
    assert "writer-2 gets 1.1 from outbound-2" in tips


def test_a_pong_after_the_close_frame_is_not_the_one_on_the_queue():
    """The queue refuses it, and the older one is taken later."""
    hops = [
        outbound(0, "reader-2", "put", "pong"),
        outbound(1, "broker", "put", "close"),
        outbound(2, "reader-2", "lost", "pong"),
        outbound(3, "writer-2", "got", "pong"),
    ]
    timeline = timeline_from_hops(hops)
    pongs = {each.end: each for each in timeline.transits if each.item == "pong"}
    assert (pongs["lost"].put, pongs["lost"].got) == (None, 2000)
    assert (pongs["got"].put, pongs["got"].got) == (0, 3000)
    layout = Layout(timeline, "", [])
    top, bottom = layout.span(pongs["lost"])
    assert top == bottom
    assert layout.slots[pongs["lost"]] == 2  # behind the others
    assert layout.slots[pongs["got"]] == 0


def test_what_a_queue_throws_away_ends_in_a_cross():
    """Whether it was there before, or was never accepted."""
    old, new = (MessageId(1, 1),), (MessageId(1, 2),)
    steps = [("reader-1", "put", old), ("reader-1", "lost", old), ("reader-1", "lost", new)]
    svg = draw([hop(time, *step) for time, step in enumerate(steps)])
    assert [transit.end for transit in timeline_from_hops([hop(0, *steps[1])]).transits] == ["lost"]
    assert svg.count('class="cross"') == 3  # one is in the legend


@pytest.mark.parametrize("size", [1, 2, 5, 17])
def test_a_recording_may_begin_and_end_anywhere(hops: list[Hop], size: int):
    """As when the ring has moved on: what is not known is left open."""
    for start in range(0, len(hops) - size, 3):
        part = hops[start : start + size]
        ElementTree.fromstring(draw(part))
        for transit in timeline_from_hops(part).transits:
            assert transit.put is not None or transit.got is not None
