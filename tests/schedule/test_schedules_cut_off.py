"""A client is cut off while it leaves or sends, in exact orders: one Close frame, and no more.

`ana` is client 1, `bob` client 2, `carol` client 3, as in `test_schedules.py`.
"""

from __future__ import annotations

import pytest
from clients import CLOSE, wait_for_clients
from planned_server import heard_until_close, nothing_planned, talk_in_turns  # noqa: F401

from msgproxy import Limits
from msgproxy.schedule.steps import matches

SMALL = Limits(max_message_size=1000, inbound_limit=4000, outbound_limit=5256)
"""Five messages of 1000 bytes are too much for a client that reads none of them."""


def fill_up(ana, schedule):
    """Have as much wait for bob as is allowed: his writer takes nothing."""
    schedule.hold()
    for number in range(1, 5):
        ana.send("x" * 1000)
        schedule.plan([f"reader-1 puts 1.{number}", "broker takes", "broker puts outbound-2"])
        schedule.finish()


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        (["reader-2 puts left", "reader-1 puts 1.5", "broker takes"], 1000),
        (["reader-1 puts 1.5", "reader-2 puts left", "broker takes", "broker puts 1.5"], 1013),
        (["reader-1 puts 1.5", "broker takes", "reader-2 puts left", "broker puts 1.5"], 1013),
    ],
    ids=["leaves first", "cut off first", "leaves meanwhile"],
)
def test_a_client_cut_off_while_it_leaves_gets_one_close_frame(talk, schedule, steps, code):
    """And the reason is what came first."""
    server, ana, bob = talk(2, limits=SMALL)
    fill_up(ana, schedule)
    ana.send("x" * 1000)
    bob.send_frame(CLOSE, (1000).to_bytes(2))
    schedule.plan([*steps, "broker puts close on outbound-2"])
    schedule.finish()
    schedule.release()
    assert heard_until_close(bob) == (["x" * 1000] * 4, code)
    wait_for_clients(server, 1)
    assert ana.close_cleanly()[0] == 1000  # so the broker has handled all that bob put
    close_frames = [
        step for step in schedule.taken if matches("broker puts close outbound-2", step)
    ]
    assert len(close_frames) == 1


def test_a_client_that_was_cut_off_is_not_listened_to_any_more(talk, schedule):
    """Its message may be on the queue already: when the broker takes it, it is no member."""
    _, ana, bob, carol = talk(3, limits=SMALL)
    schedule.hold()
    for number in range(1, 5):
        ana.send("x" * 1000)
        schedule.plan([f"reader-1 puts 1.{number}", "broker takes"])
        schedule.finish()
        schedule.allow("broker puts")
        schedule.allow("broker puts")
        schedule.allow("writer-3 takes")
    ana.send("x" * 1000)
    bob.send("still here")
    # It puts 1.5 for bob, in vain, then his Close frame; before or after that, 1.5 for carol.
    schedule.plan(["reader-1 puts 1.5", "broker takes", "reader-2 puts 2.1", *["broker puts"] * 3])
    schedule.finish()
    schedule.release()
    assert bob.receive_close()[0] == 1013
    ana.send("next")
    assert [carol.receive() for _ in range(6)] == ["x" * 1000] * 5 + ["next"]
