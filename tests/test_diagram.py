"""Pictures of recordings: what is in them, and that they can be read anywhere."""

from __future__ import annotations

import itertools
import re
from xml.etree import ElementTree

import pictures
import pytest
from browser import chromium  # noqa: F401
from playwright.sync_api import Browser

from msgproxy.events import MessageId
from msgproxy.hops import Hop
from msgproxy.picture.canvas import clean
from msgproxy.picture.diagram import draw
from msgproxy.picture.palette import DARK, LIGHT
from msgproxy.picture.retrace import retrace
from msgproxy.picture.timeline import Flight, Lane, Mark, Span, Timeline, in_words

SVG = "{http://www.w3.org/2000/svg}"

RUNS = {"conversation": pictures.conversation, "load": pictures.load, "slow": pictures.cut_off}
_made: dict[str, list[Hop]] = {}


def run(name: str) -> list[Hop]:
    """Each run is made once; all tests look at the same."""
    if name not in _made:
        _made[name] = RUNS[name]()
    return _made[name]


@pytest.fixture(params=RUNS)
def hops(request) -> list[Hop]:
    return run(request.param)


def texts(svg: str) -> list[str]:
    return [node.text for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]


# What is in it.


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


def test_every_flight_has_the_ends_that_it_had(hops: list[Hop]):
    """From who put it to who got it; and nothing is got before it was put."""
    timeline = retrace(hops)
    for flight in timeline.flights:
        assert flight.source
        assert flight.put is not None
        assert flight.end != "got" or flight.target
        assert flight.waited is None or flight.waited >= 0
    puts = sum(len(hop.items) for hop in hops if hop.act in ("put", "full"))
    assert len(timeline.flights) == puts


def test_each_message_flies_once_to_the_broker_and_once_to_each_other_client():
    """Also when there are batches of them."""
    flights = retrace(run("load")).flights
    for client, number in itertools.product((1, 2, 3), range(1, 9)):
        ways = [(f.source, f.target) for f in flights if f.item == MessageId(client, number)]
        others = [f"writer-{other}" for other in (1, 2, 3) if other != client]
        expected = [(f"reader-{client}", "broker"), *(("broker", other) for other in others)]
        assert sorted(ways) == sorted(expected)


def test_no_thread_does_two_things_at_once(hops: list[Hop]):
    """The spans of a thread come one after the other."""
    spans = retrace(hops).spans
    for lane in {span.lane for span in spans}:
        own = sorted((span.start, span.end) for span in spans if span.lane == lane)
        assert all(one[1] <= other[0] for one, other in itertools.pairwise(own))


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


def test_who_waits_for_room_is_drawn_as_waiting():
    """Between receiving and putting, the taker came: only then was there room."""
    item, other = (MessageId(1, 1),), (MessageId(2, 1),)
    hops = [
        hop(0, "reader-2", "received", other),
        hop(1, "reader-2", "put", other),
        hop(2, "reader-1", "received", item),
        hop(3, "broker", "got", other),
        hop(4, "reader-1", "put", item),
    ]
    assert [(s.lane, s.kind) for s in retrace(hops).spans if "reader" in s.lane] == [
        ("reader-2", "works"),
        ("reader-1", "waits"),
    ]


def test_what_a_queue_throws_away_ends_in_a_cross():
    """Whether it was there before, or was never taken in."""
    old, new = (MessageId(1, 1),), (MessageId(1, 2),)
    steps = [("reader-1", "put", old), ("reader-1", "lost", old), ("reader-1", "lost", new)]
    svg = draw([hop(time, *step) for time, step in enumerate(steps)])
    assert [flight.end for flight in retrace([hop(0, *steps[1])]).flights] == ["lost"]
    assert svg.count('class="cross"') == 3  # one is in the legend


def hop(time: int, thread: str, act, items, text: str = "hello") -> Hop:
    return Hop(time, time * 1000, thread, act, "inbound", items, 1, 64, text)


# Recordings that are no whole stories.


@pytest.mark.parametrize("size", [1, 2, 5, 17])
def test_a_recording_may_begin_and_end_anywhere(hops: list[Hop], size: int):
    """As when the ring has moved on: what is not known is left open."""
    for start in range(0, len(hops) - size, 3):
        part = hops[start : start + size]
        ElementTree.fromstring(draw(part))
        for flight in retrace(part).flights:
            assert flight.put is not None or flight.got is not None


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


# Wherever it is put.

HOSTILE = [
    "</text><script>alert(1)</script>",
    "]]>&lt;&amp;&#0;<!-- ",
    "\0\x01\x08\x0b\x1b[31m\x7f\x85\ufffe\uffff",
    "\ud800\udfff",
    "\u202eevil\u2066\u2069\u200f",
    "z" + "\u0301" * 30,
    "\n\r\n\t\u2028",
    "\" onload='x' style=\"",
    "日本語のとても長い文章がここに立っています、とても長い",
    "👩‍👩‍👧‍👦" * 10,
    "W" * 40,
]


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


ACTS = ("received", "put")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_stay_names(text: str):
    """Of lanes, queues and items, in a timeline that somebody wrote."""
    timeline = Timeline(
        lanes=(Lane(text, note=text), Lane("queue", is_queue=True), Lane("other")),
        spans=(Span("other", 2, 3, "works", (text,)),),
        flights=(
            Flight(text, text, 1, "queue", "other", 2),
            Flight(text, text, 1, target="other", got=2),
        ),
        marks=(Mark(1, text, text, text, (text,)),),
    )
    ElementTree.fromstring(draw(timeline).encode())


def test_a_picture_needs_nothing_but_itself(hops: list[Hop]):
    """No script, and no file from anywhere."""
    svg = draw(hops).replace('xmlns="http://www.w3.org/2000/svg"', "")
    for word in ("script", "href", "url(", "@import", "http:", "https:", " on"):
        assert word not in re.sub(r">[^<]*<", "><", svg), word


def test_jupyter_shows_it_as_a_part_of_the_page():
    """And it is a plain string, to be written to a file."""
    picture = draw(run("conversation"))
    assert isinstance(picture, str)
    assert picture._repr_html_() == str(picture)
    assert len(repr(picture)) < 100


def test_what_is_written_can_be_told_from_what_it_stands_on():
    """Text has a contrast of at least 4.5 in both schemes; coloured lines and bars of 3."""
    for scheme in (LIGHT, DARK):
        for paper in ("paper", "track"):
            for name in ("ink", "soft"):
                assert contrast(scheme[name], scheme[paper]) >= 4.5, (name, paper)
            for name in ("s1", "s2", "s3", "s4", "s5", "s6", "bad"):
                assert contrast(scheme[name], scheme[paper]) >= 3, (name, paper)


def contrast(one: str, other: str) -> float:
    """As WCAG has it."""
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


# In a browser.

OVERLAPS = """() => {
  const boxes = (selector) => [...document.querySelectorAll(selector)].map((node) => {
    const { left, top, right, bottom } = node.getBoundingClientRect();
    return { what: `${node.getAttribute("class")} ${node.textContent}`, left, top, right, bottom };
  });
  const svg = boxes("svg")[0];
  const words = boxes("svg text");
  const drawn = boxes("svg .box, svg .wait, svg rect[class^=f], svg .go, svg .lane, svg .lead");
  const cross = (one, other) => one.left < other.right - 0.5 && other.left < one.right - 0.5
    && one.top < other.bottom - 1.5 && other.top < one.bottom - 1.5;
  const found = [];
  words.forEach((word, place) => {
    for (const other of words.slice(place + 1).concat(drawn)) {
      if (cross(word, other)) found.push([word.what, other.what]);
    }
    if (word.left < 0 || word.right > svg.right || word.bottom > svg.bottom) {
      found.push([word.what, "the edge"]);
    }
  });
  return found;
}"""
"""Asks a page with a picture which labels lie on others or on lines, or are cut off."""


@pytest.fixture
def show(browser: Browser):
    pages = []

    def show_one(content: str, **options):
        page = browser.new_page(**options)
        pages.append(page)
        page.set_content(content)
        return page

    yield show_one
    for page in pages:
        page.close()


@pytest.mark.parametrize("name", RUNS)
def test_labels_lie_neither_on_each_other_nor_on_lines(show, name: str):
    """Measured as it is painted, at its full size."""
    page = show(f'<body style="margin:0">{natural(draw(run(name)))}')
    assert page.evaluate(OVERLAPS) == []


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_cover_nothing(show, text: str):
    """Not even characters that are wider or higher than others."""
    timeline = retrace(
        [hop(n, f"reader-{n}", "received", (MessageId(n, 1),), text * 3) for n in (1, 2, 3)]
    )
    page = show(f'<body style="margin:0">{natural(draw(timeline, title=text, caption=text))}')
    assert page.evaluate(OVERLAPS) == []


def natural(svg: str) -> str:
    return svg.replace("max-width:100%", "")


@pytest.mark.parametrize(
    ("scheme", "theme", "paper"),
    [
        ("light", "", "paper light"),
        ("dark", "", "paper dark"),
        ("dark", 'data-theme="light"', "paper light"),
        ("light", 'data-theme="dark"', "paper dark"),
        ("light", 'data-jp-theme-light="false"', "paper dark"),
        ("dark", 'data-jp-theme-light="true"', "paper light"),
    ],
)
def test_it_follows_the_theme_of_the_page(show, scheme: str, theme: str, paper: str):
    """What the page says counts for more than what the system says."""
    page = show(f"<body {theme}>{draw(run('conversation'))}", color_scheme=scheme)
    fill = page.evaluate("getComputedStyle(document.querySelector('.paper')).fill")
    colours = {"paper light": LIGHT["paper"], "paper dark": DARK["paper"]}
    red, green, blue = (int(colours[paper][at : at + 2], 16) for at in (1, 3, 5))
    assert fill == f"rgb({red}, {green}, {blue})"


def test_a_page_can_give_it_other_colours(show):
    """Each colour is a variable."""
    page = show(f'<body style="--diagram-paper:transparent">{draw(run("conversation"))}')
    assert page.evaluate("getComputedStyle(document.querySelector('.paper')).fill") == (
        "rgba(0, 0, 0, 0)"
    )


def test_clean_leaves_usual_words_alone():
    """Of all languages."""
    for text in ("hello, wörld", "naïve", "Привет", "שלום", "日本語", "हिन्दी", "1 < 2 & 3"):
        assert clean(text) == text
