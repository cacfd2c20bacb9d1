"""Levels that are traps for an explorer: each looks harmless to one that forgets something.

Each trap comes with the explorer that falls into it. So a trap that catches nobody fails.
"""

from __future__ import annotations

import dataclasses

import play.memory
import play.state
import play.thread
import pytest
from play import LevelError
from play.explore import explore
from play.memory import Loop
from play.stand_ins import Lock
from play.state import PARTS, Walk
from scenes import all_orders, endings, level

LOOP = level(
    "clients = {1, 2}\ninbox = []\n"
    "def forward():\n    for client in clients:\n        inbox.append(client)\n"
    "def come_and_go():\n    clients.add(3)\n    clients.discard(3)",
    "forward",
    "come_and_go",
)
"""The set is as before, but not at each moment: what a loop remembers is in no variable."""

ALIAS = level(
    "box = [[1], [1]]\n"
    "def alias():\n    box[1] = box[0]\n    box[0].append(2)\n"
    "def copy():\n    box[1] = [1]",
    "alias",
    "copy",
    promise="assert len(box[1]) == 1, 'it was the same list'",
)
"""An alias and an equal copy look the same, until one of them is changed."""

ENDS = level(
    "data = []\nlock = Lock()\n"
    "def count():\n    with lock:\n        return len(data)\n"
    "def read():\n    n = count()\n    if n:\n        data.append(n)\n"
    "def write():\n    data.append(1)",
    "read",
    "write",
    promise="assert len(data) < 2, 'twice'",
)
"""The value that is returned waits on the stack while the lock is given back."""

STACK = level(
    "total = 0\n"
    "def read():\n    return total\n"
    "def add():\n    global total\n    total = total + 1 + read()",
    "add",
    "add",
    promise="assert False, f'{total} in all'",
)
"""A value on the evaluation stack, while the function that is called stops."""

TEMPORARY = level(
    "boxes = [[], []]\n"
    "def turn():\n    boxes[0] = []\n    boxes[1] = boxes[0]\n    boxes[0] = []\n",
    "turn",
    "turn",
    promise="assert boxes[0] is not boxes[1], 'one box'",
)
"""Objects that come and go: their addresses are used again."""

COUNT = """
def count():
    found = {0}.n
    {0}.n = found + 1
"""
CLASS = level(
    "class Tally:\n    n = 0\n" + COUNT.format("Tally"),
    "count",
    "count",
    promise="assert Tally.n == 2, 'one is lost'",
)
FUNCTION = level(
    COUNT.format("count") + "count.n = 0",
    "count",
    "count",
    promise="assert count.n == 2, 'one is lost'",
)
"""What is shared need not be bound to a name of its own."""

HONEST = {
    "loop": LOOP,
    "alias": ALIAS,
    "ends": ENDS,
    "temporary": TEMPORARY,
    "class": CLASS,
    "function": FUNCTION,
}


@pytest.mark.parametrize("trap", HONEST.values(), ids=HONEST)
def test_the_explorer_falls_into_no_trap(trap):
    orders = all_orders(trap)
    assert endings(explore(trap)) == orders
    every_line = explore(trap, every_line=True)
    assert {end.failure for end in every_line.ends()} == set(orders)


def test_a_value_on_the_stack_is_refused():
    with pytest.raises(LevelError, match=r"scene.py:\d+: the call of read is part of a larger"):
        explore(STACK)


def falls(trap):
    """Return whether the explorer, as it is now, falls into a trap or notices nothing."""
    try:
        return endings(explore(trap)) != all_orders(trap)
    except LevelError as error:
        return "led to two states" in str(error)


def forget(monkeypatch, kind, parts):
    """Let the walk take fewer parts of a kind of object for its state."""
    others = [entry for entry in PARTS if entry[0] is not kind]
    monkeypatch.setattr(play.state, "PARTS", [(kind, parts), *others])


def test_without_the_memory_of_loops_it_falls(monkeypatch):
    forget(monkeypatch, Loop, lambda _: ())
    assert falls(LOOP)


def test_without_the_size_that_a_loop_began_with_it_falls(monkeypatch):
    forget(monkeypatch, Loop, lambda loop: (loop.container, loop.seen))
    assert falls(LOOP)


def test_without_numbers_for_objects_it_falls(monkeypatch):
    class Forgetful(Walk):
        def __call__(self, value):
            self.numbers.clear()
            return super().__call__(value)

    monkeypatch.setattr("play.run.Walk", Forgetful)
    assert falls(ALIAS)


@pytest.mark.parametrize("trap", [CLASS, FUNCTION], ids=["class", "function"])
def test_without_attributes_of_classes_and_functions_it_falls(monkeypatch, trap):
    monkeypatch.setattr("play.run.held", lambda _: ())
    assert falls(trap)


def test_what_a_class_holds_is_shown():
    assert explore(CLASS).nodes[0].shared == {"Tally.n": "0"}


def test_without_hidden_variables_it_falls(monkeypatch):
    """Then it knows no more than a debugger, which shows neither loops nor what is returned."""
    state = play.thread.LevelThread.state

    def visible(self, _):
        where = state(self, Walk())
        if where[0] == "over":
            return where
        names = [
            (f[0], f[1], tuple(v for v in f[2] if not v[0].startswith("__"))) for f in where[0]
        ]
        return (tuple(names), *where[1:])

    monkeypatch.setattr(play.thread.LevelThread, "state", visible)
    assert falls(LOOP)
    assert falls(ENDS)


def test_without_the_refusal_it_falls(monkeypatch):
    monkeypatch.setattr(play.thread, "_refuse_hidden_values", lambda *_: None)
    assert falls(STACK)


def test_a_line_that_is_not_stopped_at_is_noticed(monkeypatch):
    """Missing stops prove falsehoods: stepping every line reaches an end that was not found."""
    monkeypatch.setattr("play.run.Run._is_shared", lambda *_: False)
    missed = {end.failure for end in explore(ENDS).ends()}
    assert missed < {end.failure for end in explore(ENDS, every_line=True).ends()}


# What cannot be looked into is refused.


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("def f():\n    yield 1", "a generator keeps a state"),
        (
            "data = []\ndef f():\n    for n in zip(data, data):\n        data.append(n)",
            "take a list",
        ),
        ("def q():\n    return Queue()\ndef f():\n    q().get()", "has to be a variable"),
        ("a = Queue()\nb = Queue()\ndef f():\n    a.put(b.get())", "may wait twice"),
        ("def f(data=[]):\n    data.append(1)", "all calls share this default"),
        ("n = 0\ndef f():\n    global n\n    while n < 9:\n        n = 1 - n", "round for ever"),
        ("q = Queue()\ndef f():\n    q.get(timeout=1)", r"scene.py:\d+: how long a thread waits"),
        ("c = Condition()\ndef f():\n    with c:\n        c.wait(1)", r":\d+: how long a thread"),
        ("q = Queue()\ndef f():\n    q.task_done()", r":\d+: there is no .* Queue.task_done"),
        ("c = Condition()\ndef f():\n    with c:\n        c.acquire()", "t1 enters c twice"),
        ("import socket\ns = socket.socket\nx = [object()]\ndef f():\n    x.append(1)", "a object"),
        ("x = []\ndef g(_):\n    x.append(1)\ndef f():\n    y = list(map(g, [1]))", "list calls g"),
    ],
)
def test_it_is_refused(body, words):
    with pytest.raises(LevelError, match=words):
        explore(level(body, "f"))


NO_WAIT = level(
    """from queue import Empty, Full
box = Queue(1)
seen = []
def f():
    box.put(False)
    try:
        box.put(2, False)
    except Full:
        seen.append("full")
    seen.append(box.get(False))
    try:
        box.get(block=False)
    except Empty:
        seen.append("empty")
    box.put(False)
    box.put(False)
""",
    "f",
    promise="assert False, f'{seen}'",
)


def test_only_what_says_so_waits_for_nothing():
    assert endings(explore(NO_WAIT)) == {"stuck: t1 waits for room on box": 1}
    ends = dataclasses.replace(NO_WAIT, source=NO_WAIT.source.replace("    box.put(False)\n\n", ""))
    assert endings(explore(ends)) == {"['full', False, 'empty']": 1}


def test_a_wrong_reason_for_waiting_is_noticed(monkeypatch):
    monkeypatch.setattr(Lock, "why_not", lambda *_: None)
    body = "lock = Lock()\ndata = []\ndef f():\n    with lock:\n        data.append(1)"
    with pytest.raises(LevelError, match="would wait for a lock, and nothing has said so"):
        explore(level(body, "f", "f"))
