"""Pictures of recordings: what they say, and of how much."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from recordings import run

from msgproxy.events import MessageId
from msgproxy.picture.diagram import draw
from msgproxy.picture.retrace import retrace
from msgproxy.picture.timeline import Flight, Lane, Mark, Span, Timeline, in_words

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    return [node.text for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_each_message_is_told_once_by_who_says_it_and_once_per_receiver():
    """At the edges: where it comes from, and where it goes to."""
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


def test_the_picture_tells_the_run_in_words():
    """For who cannot see it: it has a name and a description, with who got what, and how late."""
    root = ElementTree.fromstring(draw(run("conversation"), title="Two messages"))
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert title.text == "Two messages"
    told = "client 1 says “hello”. client 3 is sent “hello”"
    either = told.replace("3", "2")
    assert told in description.text or either in description.text
    assert re.search(r"is sent “hi there”, [\d.]+ (µs|ms|s) after it was", description.text)


def test_a_client_that_is_cut_off_is_seen_to_be():
    """What was refused ends in a cross; what was sent to nobody never ends."""
    timeline = retrace(run("slow"))
    [refused] = [flight for flight in timeline.flights if flight.end == "full"]
    assert (refused.source, refused.queue) == ("broker", "outbound-2")
    [open_] = [span for span in timeline.spans if span.is_open and span.lane == "writer-2"]
    assert open_.kind == "sends"
    svg = draw(run("slow"), messages=5)
    assert "→ outbound-2 is full" in texts(svg) or "outbound-2 is full" in texts(svg)
    assert 'class="cross"' in svg


def test_nothing_makes_a_picture_too():
    """Of no hops at all."""
    assert "Nothing has happened." in draw([])


def test_of_a_long_recording_the_last_messages_are_drawn():
    """And the picture says how many there were."""
    words = texts(draw(run("load"), messages=3))
    said = [word for word in words if "“" in word and "→" not in word]
    assert len(said) == 3
    assert "The last 3 of 24 messages" in " ".join(words)


def test_of_many_clients_some_are_drawn():
    """And the picture says of how many."""
    svg = draw(run("load"), clients=2)
    assert "2 of 3 clients" in " ".join(texts(svg))
    assert len({text for text in texts(svg) if text.startswith("writer-")}) == 2


def test_a_run_without_queues_is_drawn_by_the_same_function():
    """Plain data is enough: lanes, spans, flights and marks. Here one thread does it all."""
    said = MessageId(1, 1)
    timeline = Timeline(
        lanes=(Lane("client 1"), Lane("server"), Lane("client 2")),
        spans=(Span("server", 1000, 9000, "sends", (said,)),),
        flights=(
            Flight(said, "client 1", 0, target="server", got=1000),
            Flight(said, "server", 5000, target="client 2", got=9000),
        ),
        marks=(Mark(0, "client 1", "“hello”", "client 1 says “hello”", (said,)),),
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
    assert picture._repr_html_() == str(picture)
    assert len(repr(picture)) < 100
