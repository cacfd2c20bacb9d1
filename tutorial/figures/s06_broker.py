"""Step 6: two clients speak at the same moment, and the broker decides who was first."""

import sys

from harness import Round, RunningStep, show

from msgproxy.picture import Picture, draw

ROUNDS = 300
"""Rounds. In step 5, some tens of them are enough for two orders."""

OFTEN = 1e-6
"""Seconds that a thread may run while another one waits for its turn: Python's default is 5 ms."""

CAPTION = (
    "Both readers put on one queue, and the broker takes one message after the other. So all "
    "clients get them in the order in which it took them, in each of {rounds} rounds. This one "
    "is the closest. Threads take turns more often than usual. The queues of clients 1 and 2 are "
    "not drawn"
)


def picture() -> Picture:
    """Draw the round in which the two were put on the queue closest to each other."""
    sys.setswitchinterval(OFTEN)
    with RunningStep("step06_broker") as run:
        for number in (1, 2, 3, 4):
            run.join(number)
        rounds = [Round(run) for _ in range(ROUNDS)]
        run.stop_noting()
    for each in rounds:
        assert each.order(3) == each.order(4) == each.order("inbound")
        assert len(each.order(3)) == 2
    closest = min(rounds, key=Round.distance)
    return draw(
        closest.without("-1", "-2"),
        title="Two messages, one order",
        caption=CAPTION.format(rounds=ROUNDS),
    )


if __name__ == "__main__":
    show(picture)
