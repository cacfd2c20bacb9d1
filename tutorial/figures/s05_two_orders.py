"""Step 5: two clients speak at the same moment, and two others hear them in different orders."""

import sys

from harness import Observed, Round, show

from msgproxy.picture import Picture, draw

ROUNDS = 3000
"""So often, at the most, the two speak. As a rule it takes less than a hundred."""

OFTEN = 1e-6
"""Seconds after which a thread has to let another one go on. As a rule Python takes 5 ms."""

CAPTION = (
    "Each reader puts on one queue after the other, and nobody decides who comes first. Nothing "
    "is lost, but two clients disagree. This was round {number} of this run, with threads that "
    "take turns more often than usual. What clients 1 and 2 hear is not drawn"
)


def picture() -> Picture:
    """Draw the first round in which clients 3 and 4 hear the same two messages in two orders."""
    sys.setswitchinterval(OFTEN)
    with Observed("step05_writers", role="reader") as run:
        for number in (1, 2, 3, 4):
            run.join(number)
        number, last = 1, Round(run)
        while last.order(3) == last.order(4) and number < ROUNDS:
            number, last = number + 1, Round(run)
        run.cut()
    assert len(last.order(3)) == 2
    assert last.order(3) == last.order(4)[::-1], f"{ROUNDS} times the orders were the same"
    return draw(
        last.without("-1", "-2"),
        title="Two messages, two orders",
        caption=CAPTION.format(number=number),
    )


if __name__ == "__main__":
    show(picture)
