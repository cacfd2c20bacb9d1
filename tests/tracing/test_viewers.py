"""Viewers of `/trace` are not clients: whatever they do or leave undone, nobody else notices it."""

from __future__ import annotations

import json
import threading
import time
import tracemalloc

from clients import wait_for_clients
from viewer import a_trace, watched, watching  # noqa: F401

from msgproxy import Limits
from msgproxy.tracing import viewers
from msgproxy.tracing.viewers import LiveRecording

MIB = 1024 * 1024


def test_a_viewer_is_no_client(server, connect, watch):
    """It is in no snapshot, hears nothing, and no hop is its own."""
    ada, bob = connect(server), connect(server)
    wait_for_clients(server, 2)
    viewer, other = watch(server), watch(server)  # clients 3 and 4, if they were any
    viewer.look()
    ada.send("hello")
    assert bob.receive() == "hello"
    other.look()
    viewer.look_until(lambda: ("writer-2", "sent", "outbound-2") in viewer.steps("1.1"))
    viewer.look_until(lambda: len(viewer.counts) > 1)
    assert len(server.snapshot().clients) == 2
    assert all(len(counts["clients"]) == 2 for counts in viewer.counts)
    assert not [hop for hop in viewer.hops if hop[2].endswith(("-3", "-4")) or "-3" in hop[4]]


def test_what_a_viewer_says_goes_to_nobody(server, connect, watch):
    """It may say what it likes: no client hears it, it is recorded nowhere, and it sees on."""
    ada, bob = connect(server), connect(server)
    wait_for_clients(server, 2)
    viewer = watch(server)
    for number in range(200):
        viewer.send(f"from outside {number}")
    viewer.send_frame(0x9, b"?")  # a ping: once it is answered, all before it has been taken
    while viewer.receive_frame()[1] != 0xA:
        pass
    ada.send("from inside")
    assert bob.receive() == "from inside"
    viewer.look_until(lambda: ("writer-2", "sent", "outbound-2") in viewer.steps("1.1"))
    assert not [hop for hop in viewer.hops if "from outside" in hop[8]]


def test_a_viewer_that_stops_reading_changes_nothing_for_others(start, connect, watch):
    """Everybody gets everything, and when the viewer reads again it is told what it missed."""
    server = start(queues=LiveRecording(limit=1_000))
    ada, bob = connect(server), connect(server)
    wait_for_clients(server, 2)
    viewer = watch(server, receive_buffer=4096)
    ada.send("hello")
    assert bob.receive() == "hello"
    viewer.look_until(lambda: viewer.hops)
    talk(ada, bob, 10_000)  # some 60,000 hops: more than the buffers on the way to it hold
    viewer.look_until(lambda: missed(viewer))
    assert viewer.lost == missed(viewer)
    viewer.look_until(lambda: ("writer-2", "sent", "outbound-2") in viewer.steps("1.10001"))


def missed(viewer) -> int:
    """Count the hops that a viewer has not seen, by the numbers of those that it has."""
    numbers = [hop[0] for hop in viewer.hops]
    return numbers[-1] - numbers[0] + 1 - len(numbers) if numbers else 0


def test_a_viewer_that_does_not_read_costs_no_memory(start, connect, watch):
    """Nothing piles up for it. What is kept is the ring, which is as large as it was made."""
    server = start(queues=LiveRecording(limit=1_000))
    ada, bob = connect(server), connect(server)
    wait_for_clients(server, 2)
    watch(server, receive_buffer=4096)
    tracemalloc.start()
    try:
        talk(ada, bob, 10_000)  # some 60,000 hops, of more than 100 bytes each
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert used < 4 * MIB


def talk(speaker, listener, count):
    """Say that many messages, in batches, and receive them."""
    for _ in range(count // 500):
        for number in range(500):
            speaker.send(str(number))
        for number in range(500):
            assert listener.receive() == str(number)


def test_the_stop_is_as_quick_with_viewers_that_do_not_read(start, connect, watch):
    """They are given the close timeout, like clients: all of them together, not one by one."""
    server = start(queues=LiveRecording(), limits=Limits(close_timeout=8, ping_timeout=600))
    ada, bob = connect(server), connect(server)
    wait_for_clients(server, 2)
    for _ in range(6):
        watch(server, receive_buffer=4096)
    talk(ada, bob, 20_000)
    begin = time.monotonic()
    server.close()
    assert time.monotonic() - begin < 40  # one by one it would be 48 and more


def test_a_viewer_is_told_that_the_server_stops(server, watch):
    """Close code 1001, like everybody."""
    viewer, other = watch(server), watch(server, "/trace?counts")
    viewer.look()
    stop = threading.Thread(target=server.close)
    stop.start()
    try:
        assert viewer.receive_close()[0] == 1001
        assert other.receive_close()[0] == 1001
    finally:
        viewer.close()
        other.close()
        stop.join()


def test_counts_are_no_older_than_they_say(server, trace):
    """Whatever happens while they are made comes later than their time."""
    asked = []

    def take_snapshot():
        asked.append(time.monotonic_ns())
        return server.snapshot()

    [news] = trace.viewer_queue(take_snapshot, "/trace?counts").take_all()
    [frame] = news.frames
    assert json.loads(frame[frame.index(b'{"clients"') :])["time"] <= asked[0]


class FailsAtPongs(LiveRecording):
    """Makes queues to viewers on which nothing can be put but the last item."""

    def viewer_queue(self, take_snapshot, target):
        made = super().viewer_queue(take_snapshot, target)
        put = made._put

        def put_or_fail(item):
            if item.frames and item.frames[0][0] == 0x8A:
                raise ZeroDivisionError("a bug, on purpose")
            put(item)

        made._put = put_or_fail
        return made


def test_a_viewer_whose_reader_dies_is_told(start, watch):
    """Close code 1011, as a client."""
    viewer = watch(start(queues=FailsAtPongs()))
    viewer.send_frame(0x9, b"?")
    assert viewer.receive_close()[0] == 1011


def test_a_viewer_misses_nothing_without_being_told(start, connect, watch):
    """What it was shown and what it was told that it missed is all there was, each counted once."""
    recording = LiveRecording(limit=50)
    server = start(queues=recording)
    ada, bob = connect(server), connect(server)
    wait_for_clients(server, 2)
    viewer = watch(server)
    viewer.look()
    for _ in range(3):
        talk(ada, bob, 500)
        viewer.look_until(lambda: viewer.hops and viewer.hops[-1][0] == last_hop(recording))
    assert viewer.lost > 0
    assert viewer.lost + len(viewer.hops) == recording.next_number()


def test_a_viewer_is_told_who_was_cut_off_whatever_else_it_misses(
    start, connect, watch, monkeypatch
):
    """Far more happens until its next look than it can follow."""
    monkeypatch.setattr(viewers, "TICK", 3)
    small = {"max_message_size": MIB // 16, "inbound_limit": MIB // 4, "outbound_limit": MIB}
    limits = Limits(**small, ping_timeout=600)
    recording = LiveRecording()
    server = start(queues=recording, limits=limits)
    ada, bob = connect(server), connect(server)
    connect(server, receive_buffer=4096)  # it does not read
    wait_for_clients(server, 3)
    viewer = watch(server)
    viewer.look()
    while server.snapshot().clients[2:]:
        ada.send(bytes(50_000))
        assert bob.receive() == bytes(50_000)
    talk(ada, bob, 500)
    viewer.look_until(lambda: ["broker", "full", "outbound-3"] in [hop[2:5] for hop in viewer.hops])
    viewer.look_until(lambda: viewer.hops[-1][0] == last_hop(recording))
    assert viewer.lost + len(viewer.hops) == recording.next_number()


def last_hop(recording) -> int:
    return recording.next_number() - 1
