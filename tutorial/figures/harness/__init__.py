"""A step of the tutorial, run as it is, and watched from outside.

Rule: the step's file stays as it is in the chapter, and its own `main` runs. Only what it takes
from elsewhere (the WebSocket, the queues, the lock) is replaced, by the same thing that also notes
when which thread did what.

`run` is the run, `instead` what the step gets instead, and `told` makes a picture of the notes.
"""

from harness.burst import Burst
from harness.notes import Note
from harness.rounds import Round
from harness.server import Served
from harness.socket_step import Bare
from harness.step import Observed
from harness.timelines import attempt, draw_waiting, flights, marks, show, spans

__all__ = [
    "Bare",
    "Burst",
    "Note",
    "Observed",
    "Round",
    "Served",
    "attempt",
    "draw_waiting",
    "flights",
    "marks",
    "show",
    "spans",
]
