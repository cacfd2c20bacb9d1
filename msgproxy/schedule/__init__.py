"""Be the scheduler: decide which thread goes next.

A `Schedule` is a list of steps, or decided by hand. `Scheduled` makes a server's queues ask it;
any other code can wait for a `Schedule.turn`. `explore` tries all schedules of a small scene, and
`replay` runs one of them again.
"""

from msgproxy.schedule.explore import explore, replay
from msgproxy.schedule.schedule import Schedule
from msgproxy.schedule.steps import StepMissed
from msgproxy.schedule.turns import Scheduled, by_turns

__all__ = ["Schedule", "Scheduled", "StepMissed", "by_turns", "explore", "replay"]
