"""A step of the tutorial, run as it is, and watched from outside.

Rule: the step's file stays as it is in the chapter, and its own `main` runs. Only what it takes
from elsewhere (the WebSocket, the queues, the lock) is replaced, by the same thing that also notes
when which thread did what.

`step` runs a step, and `server` the package; the `stand_ins` and the `sockets` write into the
notebook of `notes`; `timelines` makes a picture of that.
"""

from harness.scenes import Burst, Round
from harness.server import RecordedServer
from harness.step import RunningStep
from harness.timelines import annotations, retry_until, show, spans, transits, waits

__all__ = [
    "Burst",
    "RecordedServer",
    "Round",
    "RunningStep",
    "annotations",
    "retry_until",
    "show",
    "spans",
    "transits",
    "waits",
]
