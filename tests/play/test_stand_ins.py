"""The stand-ins compared with Python's own lock, queue and condition.

A stand-in that is kinder than the real thing would hide a race, and one that is stricter would
invent one. So scenes are explored twice: with the stand-in, and with Python's own source, which
is stepped line by line. They have to end in the same ways.
"""

from __future__ import annotations

import dataclasses
import inspect
import queue
import random
import textwrap
import threading

import pytest
from play.explore import explore
from play.stand_ins import Lock, Queue
from scenes import level


def ends(scene, *stepped):
    graph = explore(dataclasses.replace(scene, stepped=stepped), limit=20_000)
    return {end.failure for end in graph.ends()}


SEEN = "assert False, f'{seen}'"
"""As a promise: an end is told by what was seen."""

PUT_AND_TAKE = """
seen = []
def put():
    box.put(1)
    box.put(2)
def take():
    one = box.get()
    seen.append(one)
    other = box.get()
    seen.append(other)
def give_up():
    try:
        box.put_nowait(3)
    except Full:
        seen.append("full")
"""


@pytest.mark.extra("lines of the package")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("room", [1, 2])
@pytest.mark.parametrize("threads", [("put", "take"), ("put", "take", "give_up"), ("put", "put")])
def test_the_queue_is_like_pythons_own(room, threads):
    body = f"from queue import Full\nbox = Queue({room})\n{PUT_AND_TAKE}"
    scene = level(body, *threads, promise=SEEN)
    own = ends(scene, "queue")
    # Python's own is stuck in a condition, and calls it so.
    assert without_reasons(ends(scene)) == without_reasons(own)


def without_reasons(found):
    return {end.partition(":")[0] if end.startswith("stuck") else end for end in found}


CONDITION = """
seen = []
waiting = 0
cond = Condition(Lock())
def sleep():
    global waiting
    with cond:
        waiting += 1
        cond.wait()
        seen.append("woken")
def wake_one():
    with cond:
        if waiting:
            cond.notify()
def wake_all():
    with cond:
        cond.notify_all()
"""


def own_condition():
    """Return Python's own class, as source to be stepped."""
    source = textwrap.dedent(inspect.getsource(threading.Condition))
    return f"from collections import deque as _deque\nfrom itertools import islice as _islice\n\
_allocate_lock = Lock\n\n{source}"


@pytest.mark.extra("lines of the package")
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "threads",
    [("sleep", "wake_one"), ("sleep", "wake_all"), ("sleep", "sleep", "wake_one")],
    ids="-".join,
)
def test_the_condition_is_like_pythons_own(threads):
    stand_in = level(CONDITION, *threads, promise=SEEN)
    own = level(own_condition() + CONDITION, *threads, promise=SEEN)
    assert without_reasons(ends(stand_in)) == without_reasons(ends(own))


def outcome(thing, method, *given, **named):
    """Return what a method returns, or the class of what it raises."""
    try:
        return getattr(thing, method)(*given, **named)
    except Exception as error:
        return type(error)


def test_the_lock_is_like_pythons_own():
    chance = random.Random(1)
    for _ in range(200):
        both = Lock(), threading.Lock()
        for _ in range(8):
            call = chance.choice([("acquire", False), ("release",), ("locked",)])
            one, other = (outcome(lock, *call) for lock in both)
            assert one == other


def test_what_a_queue_says_about_waiting_is_true():
    """It says "wait" exactly when a thread would have to wait at the real queue."""
    chance = random.Random(1)
    for _ in range(200):
        stand_in, own = Queue(2), queue.Queue(2)
        for number in range(12):
            method = chance.choice(["put", "get"])
            given = [number] if method == "put" else []
            must_wait = outcome(own, method, *given, block=False)
            is_possible = stand_in.why_not(method, "box", "t1") is None
            assert is_possible == (must_wait not in (queue.Full, queue.Empty))
            if is_possible:
                assert getattr(stand_in, method)(*given) == must_wait
