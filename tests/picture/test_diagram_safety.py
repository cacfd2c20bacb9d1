"""Pictures of recordings, wherever they are put: no words break them, and no file is missing."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from recordings import HOSTILE, every_run, hop  # noqa: F401

from msgproxy.events import MessageId
from msgproxy.picture.canvas import clean
from msgproxy.picture.diagram import draw
from msgproxy.picture.timeline import Annotation, Lane, Span, Timeline, Transit
from msgproxy.tracing.hops import Hop

SVG = "{http://www.w3.org/2000/svg}"
ACTS = ("received", "put")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_stay_words(text: str):
    """Whatever a client says, the picture is well-formed, and has no other elements."""
    hops = [hop(n, "reader-1", act, (MessageId(1, 1),), text) for n, act in enumerate(ACTS)]
    svg = draw(hops, title=text, caption=text)
    root = ElementTree.fromstring(svg.encode())
    allowed = ["svg", "title", "desc", "style", "rect", "path", "text", "circle"]
    assert {node.tag.removeprefix(SVG) for node in root.iter()} <= set(allowed)
    assert not re.search(
        r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]", svg
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_stay_names(text: str):
    """Of lanes, queues and items, in a timeline written by hand."""
    timeline = Timeline(
        lanes=(Lane(text, note=text), Lane("queue", is_queue=True), Lane("other")),
        spans=(Span("other", 2, 3, "works", (text,)),),
        transits=(
            Transit(text, text, 1, "queue", "other", 2),
            Transit(text, text, 1, target="other", got=2),
        ),
        annotations=(Annotation(1, text, text, text, (text,)),),
    )
    ElementTree.fromstring(draw(timeline).encode())


def test_a_picture_needs_nothing_but_itself(hops: list[Hop]):
    """No script, and no file from anywhere."""
    svg = draw(hops).replace('xmlns="http://www.w3.org/2000/svg"', "")
    for word in ("script", "href", "url(", "@import", "http:", "https:", " on"):
        assert word not in re.sub(r">[^<]*<", "><", svg), word


def test_clean_leaves_usual_words_alone():
    """Of all languages."""
    for text in ("hello, wörld", "naïve", "Привет", "שלום", "日本語", "हिन्दी", "1 < 2 & 3"):
        assert clean(text) == text
