"""The behaviours of `msgproxy check`, in the order of the tutorial.

Rule: each builds on those before it, so mend the first one that fails.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from msgproxy.check.behaviours import connections, forwarding, load
from msgproxy.check.harness import Harness


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Something that can be seen of a server from outside."""

    name: str
    chapter: str
    """The chapter of the tutorial that explains it."""
    check: Callable[[Harness], None]
    """Raises `BehaviourFailed`. Its docstring is the promise."""
    needs_program: bool = False

    @property
    def promise(self) -> str:
        """The behaviour in one sentence."""
        return (self.check.__doc__ or "").partition("\n")[0].rstrip(".")


BEHAVIOURS = (
    Behaviour("repeats", "01-echo", forwarding.repeats),
    Behaviour("serves-two", "02-threads", forwarding.serves_two),
    Behaviour("forwards", "03-shared", forwarding.forwards),
    Behaviour("comes-and-goes", "04-lock", forwarding.comes_and_goes),
    Behaviour("slow-client", "05-writers", load.slow_client),
    Behaviour("one-order", "06-broker", load.one_order),
    Behaviour("notices-silence", "07-leaving", connections.notices_silence),
    Behaviour("cuts-off", "08-bounds", load.cuts_off),
    Behaviour("pong-between", "09b-one-sender", connections.pong_between),
    Behaviour("limits-size", "09a-frames", connections.limits_size),
    Behaviour("closes-cleanly", "10-stopping", connections.closes_cleanly, needs_program=True),
    Behaviour("refuses-strangers", "12-admission", connections.refuses_strangers),
)

NAMES = tuple(behaviour.name for behaviour in BEHAVIOURS)
