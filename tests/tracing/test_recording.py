"""What a recording has seen: exactly what crossed the queues, and in which order.

An order that nothing determines is not asserted: each thread's own steps have one, each queue's
puts and gets have one, and a get comes after its put. The rest is for the system to choose.
"""

from __future__ import annotations

import pytest
from clients import wait_for, wait_for_clients
from special_queues import HeldUp

from msgproxy import Limits
from msgproxy.events import ITEM_OVERHEAD, MessageId
from msgproxy.tracing.recording import Recording

HELLO = MessageId(1, 1)


@pytest.fixture
def conversation(start, connect):
    """Two clients come one after the other, and the first says "hello" to the second."""
    recording = Recording()
    server = start(queues=recording)
    ada = connect(server)
    wait_for_clients(server, 1)
    bob = connect(server)
    wait_for_clients(server, 2)
    ada.send("hello")
    assert bob.receive() == "hello"
    # Each thread notes its last step a moment after others can see what it has done.
    last = {
        ("broker", "handled", (HELLO,)),
        ("writer-1", "sent", ("welcome",)),
        ("writer-2", "sent", (HELLO,)),
    }
    wait_for(lambda: last <= set(acts(recording)), "the notes of the last steps")
    return recording


def acts(recording: Recording) -> list[tuple]:
    return [(hop.thread, hop.act, hop.items) for hop in recording.hops()]


def steps_of(recording: Recording, thread: str) -> list[tuple]:
    return [
        (hop.act, hop.queue, *map(str, hop.items))
        for hop in recording.hops()
        if hop.thread == thread
    ]


def test_each_thread_s_steps_are_recorded_in_their_order(conversation: Recording):
    """All of them, and no others."""
    assert steps_of(conversation, "reader-1") == [
        ("put", "outbound-1", "welcome"),
        ("put", "inbound", "joined 1"),
        ("received", "inbound", "1.1"),
        ("put", "inbound", "1.1"),
    ]
    assert steps_of(conversation, "reader-2") == [
        ("put", "outbound-2", "welcome"),
        ("put", "inbound", "joined 2"),
    ]
    assert steps_of(conversation, "broker") == [
        ("got", "inbound", "joined 1"),
        ("handled", "inbound", "joined 1"),
        ("got", "inbound", "joined 2"),
        ("handled", "inbound", "joined 2"),
        ("got", "inbound", "1.1"),
        ("put", "outbound-2", "1.1"),
        ("handled", "inbound", "1.1"),
    ]
    assert steps_of(conversation, "writer-1") == [
        ("got", "outbound-1", "welcome"),
        ("sent", "outbound-1", "welcome"),
    ]
    assert steps_of(conversation, "writer-2") == [
        ("got", "outbound-2", "welcome"),
        ("sent", "outbound-2", "welcome"),
        ("got", "outbound-2", "1.1"),
        ("sent", "outbound-2", "1.1"),
    ]
    threads = {hop.thread for hop in conversation.hops()}
    assert threads == {"reader-1", "reader-2", "broker", "writer-1", "writer-2"}


def test_what_a_step_causes_comes_after_it(conversation: Recording):
    """Along the way of the message. (Whether the broker is done before the writer sends, nothing
    determines.)"""
    way = [
        ("reader-1", "received", (HELLO,)),
        ("reader-1", "put", (HELLO,)),
        ("broker", "got", (HELLO,)),
        ("broker", "put", (HELLO,)),
        ("writer-2", "got", (HELLO,)),
        ("writer-2", "sent", (HELLO,)),
    ]
    seen = acts(conversation)
    places = [seen.index(step) for step in way]
    assert places == sorted(places)
    times = [conversation.hops()[place].time for place in places]
    assert times == sorted(times)


def test_a_hop_knows_the_first_words_and_how_full_the_queue_is(conversation: Recording):
    """Text when it is received; depth and size as they are after the step."""
    by_step = {(hop.thread, hop.act, hop.items): hop for hop in conversation.hops()}
    assert by_step["reader-1", "received", (HELLO,)].text == "hello"
    put, got = by_step["reader-1", "put", (HELLO,)], by_step["broker", "got", (HELLO,)]
    assert (put.depth, put.size, got.depth, got.size) == (1, ITEM_OVERHEAD + 5, 0, 0)


@pytest.mark.parametrize(
    ("message", "text"),
    [("x" * 40, "x" * 40), ("y" * 41, "y" * 40), (b"binary", "6 bytes"), ("", "")],
    ids=["forty characters", "more", "binary", "nothing"],
)
def test_of_a_message_a_hop_keeps_the_first_words_only(start, connect, message, text):
    """Or its size, if it is not text."""
    recording = Recording()
    server = start(queues=recording, echo=True)
    ada = connect(server)
    ada.send(message)
    assert ada.receive() == message
    assert [hop.text for hop in recording.hops() if hop.act == "received"] == [text]


def test_a_batch_keeps_who_is_in_it(start, connect):
    """What the broker takes at once are the very messages that were put, in that order."""
    held_up = HeldUp()
    recording = Recording(held_up)
    server = start(queues=recording)
    ada, bob = connect(server), connect(server)
    wait_for_clients(server, 2)
    held_up.go.clear()
    try:
        ada.send("the broker takes this, and is held up")
        wait_for(lambda: ("broker", "got", (HELLO,)) in acts(recording), "the broker")
        for number in range(2, 6):
            ada.send(f"message {number}")
            wait_for(lambda n=number: put_by_reader(recording, MessageId(1, n)), "its put")
    finally:
        held_up.go.set()
    assert [bob.receive() for _ in range(5)][1:] == [f"message {n}" for n in range(2, 6)]
    batch = tuple(MessageId(1, number) for number in range(2, 6))
    assert ("broker", "got", batch) in acts(recording)
    assert ("broker", "put", batch) in acts(recording)
    # Nothing determines whether the writer has come for the first before there were more.
    got = [hop.items for hop in recording.hops() if (hop.thread, hop.act) == ("writer-2", "got")]
    assert [item for items in got for item in items] == ["welcome", HELLO, *batch]
    assert got[-1][-4:] == batch


def put_by_reader(recording: Recording, message: MessageId) -> bool:
    return ("reader-1", "put", (message,)) in acts(recording)


def test_a_client_that_is_cut_off_has_a_refused_message(start, connect):
    """It is in the recording of the whole server as well, by the broker."""
    recording = Recording()
    limits = Limits(
        inbound_limit=40_000, max_message_size=200_000, outbound_limit=300_000, close_timeout=1
    )
    server = start(queues=recording, limits=limits)
    ada = connect(server)
    wait_for_clients(server, 1)
    connect(server, receive_buffer=4096)
    wait_for_clients(server, 2)
    for _ in range(200):
        ada.send(b"x" * 150_000)
        if len(server.snapshot().clients) < 2:
            break
    wait_for_clients(server, 1)
    [refused] = [hop for hop in recording.hops() if hop.act == "full"]
    assert (refused.thread, refused.queue) == ("broker", "outbound-2")


def test_the_ring_is_bounded_and_its_numbers_say_what_is_lost(start, connect):
    """It keeps the last hops without a gap. The first has not the number 0."""
    recording = Recording(limit=40)
    server = start(queues=recording)
    ada, bob = connect(server), connect(server)
    wait_for_clients(server, 2)
    for number in range(30):
        ada.send(str(number))
        assert bob.receive() == str(number)
    hops = recording.latest()
    assert sum(1 + len(hop.items) for hop in hops) <= 40
    assert hops[0].number > 100
    assert [hop.number for hop in hops] == list(range(hops[0].number, hops[0].number + len(hops)))


def test_a_recording_that_is_off_keeps_nothing(start, connect):
    """No hop is made, so none is numbered."""
    recording = Recording(is_on=False)
    server = start(queues=recording)
    ada, bob = connect(server), connect(server)
    wait_for_clients(server, 2)
    ada.send("nobody watches")
    assert bob.receive() == "nobody watches"
    server.close()
    assert (recording.hops(), recording.next_number()) == ([], 0)
