"""Pictures of recordings: what they say, and of how much."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from recordings import hop, made_up, outbound, run  # noqa: F401

from msgproxy.events import MessageId
from msgproxy.picture.diagram import draw
from msgproxy.picture.from_hops import timeline_from_hops
from msgproxy.picture.timeline import Annotation, Lane, Span, Timeline, Transit, in_words
from msgproxy.tracing.hops import FIRST_WORDS, Hop

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    return [node.text for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_each_message_is_named_once_for_its_sender_and_once_for_each_receiver():
    """At the edges: where it comes from, and where it goes."""
    words = texts(draw(run("conversation")))
    assert [w for w in words if "“" in w and "→" not in w] == [
        "client 1: “hello”",
        "client 2: “hi there”",
    ]
    assert sorted(w for w in words if "“" in w and "→" in w) == [
        "→ client 1: “hi there”",
        "→ client 2: “hello”",
        "→ client 3: “hello”",
        "→ client 3: “hi there”",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hello", "“hello”"),
        ("6 bytes", "6 bytes"),
        ("6 bytes, or 7", "“6 bytes, or 7”"),
        ("x" * FIRST_WORDS, f"“{'x' * FIRST_WORDS}…”"),
        ("x" * (FIRST_WORDS - 1), f"“{'x' * (FIRST_WORDS - 1)}”"),
        ("", "message 1.1"),
    ],
    ids=["a text", "binary", "a text about bytes", "cut", "not cut", "nothing"],
)
def test_a_text_is_quoted_and_nothing_else(text: str, said: str):
    """And if only its first words are known, the quote says so."""
    [annotation] = timeline_from_hops(
        [hop(0, "reader-1", "received", (MessageId(1, 1),), text)]
    ).annotations
    assert annotation.text == f"client 1: {said}"
    assert annotation.sentence == f"client 1 says {said}"


def test_the_picture_describes_the_run_in_words():
    """For readers who cannot see it: it has a name and a description, with what each client got."""
    root = ElementTree.fromstring(draw(run("conversation"), title="Two messages"))
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert title.text == "Two messages"
    # In between, a busy machine may send client 3 its welcome.
    assert re.search(r"client 1 says “hello”\..* client [23] is sent “hello”", description.text)
    assert re.search(r"is sent “hi there”, [\d.]+ (µs|ms|s) after it was", description.text)


def test_a_client_that_is_cut_off_is_seen_to_be():
    """What was refused ends in a cross, and its writer waited for the client until then."""
    timeline = timeline_from_hops(run("slow"))
    [refused] = [transit for transit in timeline.transits if transit.end == "full"]
    assert (refused.source, refused.queue) == ("broker", "outbound-2")
    last = [span for span in timeline.spans if span.lane == "writer-2"][-1]
    assert (last.kind, last.waits_for) == ("waits", "its client to read")
    svg = draw(run("slow"), messages=5)
    assert "→ outbound-2 is full" in texts(svg) or "outbound-2 is full" in texts(svg)
    assert 'class="cross"' in svg


def test_nothing_is_drawn_on_a_session_that_has_ended():
    """Its lanes end, and what was left on its queue is dropped with it."""
    timeline = timeline_from_hops(run("slow"))
    ends = {lane.name: lane.end for lane in timeline.lanes}
    gone = [ends.pop(name) for name in ("outbound-2", "writer-2")]
    ends.pop("reader-2")  # it may have ended after the recording
    [full] = [each for each in timeline.transits if each.end == "full"]
    assert all(end >= full.put for end in gone)
    assert max(gone) < timeline.times()[-1]
    assert set(ends.values()) == {None}
    left = [each for each in timeline.transits if each.queue == "outbound-2" and not each.target]
    assert all(each.got is not None for each in timeline.transits if each.queue == "outbound-2")
    assert left == [full]
    assert max(span.end for span in timeline.spans if span.lane == "writer-2") in gone


def test_each_kind_of_waiting_has_its_own_entry_in_the_legend():
    """And none looks like a thread at work."""
    spans = (
        Span("thread-1", 0, 3000, "waits", waits_for="client 2"),
        Span("thread-2", 1000, 4000, "waits", waits_for="the lock"),
        Span("thread-3", 2000, 5000, "works"),
    )
    lanes = tuple(Lane(f"thread-{number}") for number in (1, 2, 3))
    svg = draw(Timeline(lanes, spans))
    assert {"waits for client 2", "waits for the lock", "a thread at work"} <= set(texts(svg))
    root = ElementTree.fromstring(svg)
    boxes = [node for node in root.iter(f"{SVG}rect") if node.find(f"{SVG}title") is not None]
    assert len({box.get("class") for box in boxes}) == len(boxes) == 3


def test_what_has_ended_is_not_called_still_going_on():
    """After its Close frame a writer takes nothing more, so no hop shows when it was sent."""
    timeline = timeline_from_hops(
        [
            outbound(0, "writer-2", "sent", "welcome"),
            hop(1, "reader-2", "put", ("left 2",)),
            outbound(2, "broker", "put", "close"),
            outbound(3, "writer-2", "got", "close"),
        ]
    )
    assert [(span.lane, span.is_open) for span in timeline.spans] == [("writer-2", True)]
    going_on = "still going on at the end of the recording"
    assert "a thread has ended" in texts(draw(timeline))
    assert going_on not in texts(draw(timeline))
    open_ended = Span("broker", 2500, 3000, "works", ("left 2",), is_open=True)
    assert going_on in texts(draw(replace(timeline, spans=(*timeline.spans, open_ended))))


def test_a_crowd_has_narrow_lanes_with_names_in_two_lines():
    """So that a recording of the largest size still fits on a screen."""
    names = [*(f"reader-{n}" for n in range(10, 15)), "inbound", "broker"]
    names += [f"{kind}-{n}" for n in range(10, 15) for kind in ("outbound", "writer")]
    lanes = tuple(Lane(name, is_queue=name.startswith(("in", "out"))) for name in names)
    said = [Annotation(n, "broker", "x" * 40, "", (), bool(n % 2)) for n in range(4)]
    svg = draw(Timeline(lanes, annotations=tuple(said)))
    assert texts(svg).count("outbound") == 5
    assert float(ElementTree.fromstring(svg).get("width")) <= 1400


def test_nothing_makes_a_picture_too():
    """Of no hops at all."""
    assert "Nothing has happened." in draw([])


def test_of_a_long_recording_the_last_messages_are_drawn():
    """And the picture says how many there were."""
    words = texts(draw(run("load"), messages=3))
    said = [word for word in words if "“" in word and "→" not in word]
    assert len(said) == 3
    assert "The last 3 of 24 messages" in " ".join(words)


def test_hops_before_those_that_are_drawn_are_counted(few: list[Hop]):
    """Why they are missing, the picture does not know: perhaps somebody has taken a part."""
    words = " ".join(texts(draw(few)))
    assert "The recording's first 7 hops are not drawn." in words
    assert "dropped: the recording was full" not in words


def test_of_many_clients_some_are_drawn():
    """And the picture says of how many."""
    svg = draw(run("load"), clients=2)
    assert "2 of 3 clients" in " ".join(texts(svg))
    assert len({text for text in texts(svg) if text.startswith("writer-")}) == 2


def test_a_run_without_queues_is_drawn_by_the_same_function():
    """Plain data is enough: lanes, spans, transits and annotations. Here one thread does it all."""
    said = MessageId(1, 1)
    timeline = Timeline(
        lanes=(Lane("client 1"), Lane("server"), Lane("client 2")),
        spans=(Span("server", 1000, 9000, "sends", (said,)),),
        transits=(
            Transit(said, "client 1", 0, target="server", got=1000),
            Transit(said, "server", 5000, target="client 2", got=9000),
        ),
        annotations=(Annotation(0, "client 1", "“hello”", "client 1 says “hello”", (said,)),),
    )
    words = texts(draw(timeline, title="One thread"))
    assert {"One thread", "server", "“hello”"} <= set(words)


@pytest.mark.parametrize(
    ("ns", "words"),
    [
        (0, "0 ns"),
        (999, "999 ns"),
        (1500, "1.50 µs"),
        (999_600, "1.00 ms"),
        (23_456_789, "23.5 ms"),
    ],
)
def test_durations_are_written_as_a_person_would(ns: int, words: str):
    """With three digits and the unit that fits."""
    assert in_words(ns) == words


def test_jupyter_shows_it_as_a_part_of_the_page():
    """And it is a plain string, to be written to a file."""
    picture = draw(run("conversation"))
    assert isinstance(picture, str)
    assert str(picture) in picture._repr_html_()
    assert len(repr(picture)) < 100
