"""What the exercises ask for, as behaviours that are visible from outside.

Rule: as in `msgproxy check`, of which all the clients are: a behaviour provokes what it looks for,
and what fails is told to somebody who is stuck.
"""

from checks import drop_oldest, history, nickname, rate_limit, rooms

EXERCISES = {
    "rooms": rooms.BEHAVIOURS,
    "nickname": nickname.BEHAVIOURS,
    "drop_oldest": drop_oldest.BEHAVIOURS,
    "history": history.BEHAVIOURS,
    "rate_limit": rate_limit.BEHAVIOURS,
}
