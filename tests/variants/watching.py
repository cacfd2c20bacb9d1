"""A viewer is noticed, sees what is not for it, or is told what is not true."""

from __future__ import annotations

import re
import threading
from dataclasses import replace

from msgproxy import events
from msgproxy.protocol import handshake
from msgproxy.tracing.hops import HopBuffer
from msgproxy.tracing.viewers import LiveRecording, ViewerQueue
from msgproxy.viewer import Viewer
from variants.forwarding import BROKERS, remember_brokers
from variants.registry import noticed_by


@noticed_by(
    "tracing/test_viewers.py::test_a_viewer_that_stops_reading_changes_nothing_for_others",
    "talk(ada, bob, 10_000)",
)
def hops_wait_for_viewers():
    """A thread that notes a hop waits until no viewer is far behind."""
    viewers, seen = [], threading.Condition()
    build, look, put = ViewerQueue.__init__, ViewerQueue._hops, HopBuffer.put

    def build_and_remember(self, *args):
        build(self, *args)
        viewers.append(self)

    def look_and_notify(self):
        with seen:
            seen.notify_all()
            return look(self)

    def put_when_all_have_seen(self, item, block=True, timeout=None):
        with seen:
            seen.wait_for(
                lambda: all(self.next_number - viewer._next_hop <= 500 for viewer in viewers)
            )
        put(self, item, block, timeout)

    ViewerQueue.__init__, ViewerQueue._hops = build_and_remember, look_and_notify
    HopBuffer.put = put_when_all_have_seen


@noticed_by(
    "tracing/test_viewers.py::test_a_viewer_that_does_not_read_costs_no_memory",
    "used < 4 * MIB",
)
def ring_forgets_nothing():
    """The ring forgets nothing, lest a viewer should miss it."""
    build = HopBuffer.__init__
    HopBuffer.__init__ = lambda self, _: build(self, 1 << 60)


@noticed_by(
    "tracing/test_viewers.py::test_a_viewer_that_stops_reading_changes_nothing_for_others",
    "assert viewer.lost == missed(viewer)",
)
def viewers_are_not_told_what_they_missed():
    """The hops go on with a hole between them, and nobody says so."""
    hops = ViewerQueue._hops
    ViewerQueue._hops = lambda self: [re.sub(r'(?<="lost":)\d+', "0", news) for news in hops(self)]


@noticed_by(
    "tracing/test_viewers.py::test_a_viewer_is_no_client",
    "JSONDecodeError",
)
def viewers_join():
    """A viewer is one of the clients between which messages are forwarded."""
    join = Viewer.join

    def join_and_watch(self, welcome):
        BROKERS[-1]._inbound.put(events.Joined(self))
        join(self, welcome)

    Viewer.join = join_and_watch
    remember_brokers()


@noticed_by(
    "tracing/test_viewers.py::test_what_a_viewer_says_goes_to_nobody",
    'assert bob.receive() == "from inside"',
)
def viewers_are_heard():
    """What a viewer says goes on the inbound queue, like what a client says."""
    join = Viewer.join

    def join_with_the_inbound_queue(self, welcome):
        self.inbound = BROKERS[-1]._inbound
        join(self, welcome)

    Viewer.join = join_with_the_inbound_queue
    remember_brokers()


@noticed_by(
    "tracing/test_trace.py::test_only_the_own_page_may_look",
    'check_origin(server, "/trace", PAGE, 403)',
)
def who_may_talk_may_look():
    """The origins that are allowed to connect are allowed to watch."""
    rule = handshake._check_origin

    def ask_as_if_for_talking(request, policy):
        return rule(replace(request, target="/"), policy)

    handshake.RULES = (*handshake.RULES[:-1], ask_as_if_for_talking)


@noticed_by(
    "tracing/test_trace.py::test_nothing_is_recorded_for_a_viewer_of_counts",
    "viewer.hops == []",
)
def counts_are_recorded():
    """Whatever a viewer asks for, it gets all."""
    viewer = LiveRecording.viewer_queue
    LiveRecording.viewer_queue = lambda self, look, _: viewer(self, look, "/trace")
