"""Pictures of a server with a bridge: it is a session with number 0, and no client."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from recordings import hop, outbound

from msgproxy.events import MessageId
from msgproxy.picture.diagram import draw
from msgproxy.picture.from_hops import timeline_from_hops
from msgproxy.tracing.hops import Hop

HERE, THERE = MessageId(1, 5), MessageId(0, 7)
"""A message of a client of this instance, and one of another instance."""


def texts(svg: str) -> list[str]:
    root = ElementTree.fromstring(svg)
    return [node.text or "" for node in root.iter("{http://www.w3.org/2000/svg}text")]


@pytest.fixture(name="bridged")
def two_messages() -> list[Hop]:
    """The bridge joins. Then one message crosses it in each direction."""
    return [
        hop(0, "reader-0", "put", ("joined 0",)),
        hop(1, "reader-1", "received", (HERE,), "from here"),
        hop(2, "reader-1", "put", (HERE,)),
        hop(3, "broker", "got", ("joined 0", HERE)),
        outbound(4, "broker", "put", HERE, client=0),
        outbound(5, "writer-0", "got", "dropped", HERE, client=0),
        outbound(6, "writer-0", "sent", "dropped", HERE, client=0),
        hop(7, "reader-0", "received", (THERE,), "from there"),
        hop(8, "reader-0", "put", (THERE,)),
        hop(9, "broker", "got", (THERE,)),
        outbound(10, "broker", "put", THERE, client=1),
        outbound(11, "writer-1", "got", THERE, client=1),
        outbound(12, "writer-1", "sent", THERE, client=1),
    ]


def test_the_bridge_is_called_so(bridged: list[Hop]):
    """In what it says and is sent, below its lanes, and in the legend."""
    words = texts(draw(bridged))
    assert {"the bridge joins", "the bridge: “from there”", "→ client 1: “from there”"} <= set(
        words
    )
    assert words.count("the bridge") == 2  # its reader and its writer
    assert {"sent by the bridge", "sent by client 1"} <= set(words)
    assert "client 0" not in draw(bridged)


def test_what_the_bridge_has_dropped_is_no_message(bridged: list[Hop]):
    """It is told, but not counted."""
    told = [each.text for each in timeline_from_hops(bridged).annotations if each.is_outcome]
    assert told == ["→ the bridge: dropped, “from here”", "→ client 1: “from there”"]


@pytest.mark.parametrize(("clients", "drawn"), [(1, 1), (2, 1), (5, 4), (7, 6)])
def test_among_many_clients_the_bridge_is_drawn(bridged: list[Hop], clients: int, drawn: int):
    """With what other instances say. It has the place of a client, unless there is only one."""
    others = [
        hop(time, f"reader-{time - 18}", act, (MessageId(time - 18, 1),))
        for time in range(20, 25)
        for act in ("received", "put")
    ]
    words = texts(draw(bridged + others, clients=clients))
    assert "the bridge: “from there”" in words
    note = f"{drawn} of 6 clients, without the others"
    assert (note in " ".join(words)) == (drawn < 6)
    assert len([word for word in words if word.startswith("reader")]) == drawn + 1
