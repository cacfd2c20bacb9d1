"""Exercise 2: which clients are told of a name; and that nothing else depends on one."""

from msgproxy.check.behaviours.catalogue import Behaviour
from msgproxy.check.client import Client
from msgproxy.check.failure import Unexpected, expecting
from msgproxy.check.frames import Message
from msgproxy.check.harness import Harness

UNLIKE: tuple[Message, ...] = (
    "hello",
    b"/nick bytes are no text",
    "/nickname ann",
    "please say /nick ann",
    "* eve is here",
    b"",
    "",
)
"""Messages that do not ask for a name."""

CROWD = 24
"""Clients that want the same name at the same moment."""


def announced(harness: Harness) -> None:
    """A client that takes a name is announced to all, including itself."""
    a, b, c = harness.connect_all("A", "B", "C")
    take(harness, a, "ann", "* ann is here", a, b, c)
    take(harness, b, "bob with a space", "* bob with a space is here", a, b, c)


def unchanged(harness: Harness) -> None:
    """Everything else is forwarded to the others as it was said."""
    a, b = harness.connect_all("A", "B")
    for round_ in ("without a name", "with a name"):
        for message in UNLIKE:
            did = f"A, {round_}, said {message!r}"
            with expecting(did, f"B gets {message!r}"):
                harness.say(a, message)
                hears(harness, b, message)
        if round_ == "without a name":
            take(harness, a, "ann", "* ann is here", a, b)
    with expecting("A said all that, and then B said 'over to A'", "A gets only that"):
        harness.say(b, "over to A")
        hears(harness, a, "over to A")


def renamed(harness: Harness) -> None:
    """A client that takes another name is announced with both, and the first is free again."""
    a, b = harness.connect_all("A", "B")
    take(harness, a, "ann", "* ann is here", a, b)
    take(harness, a, "eve", "* ann is now eve", a, b)
    take(harness, b, "ann", "* ann is here", a, b)


def taken(harness: Harness) -> None:
    """A name that another client has is refused, and only the one that asked is told."""
    a, b = harness.connect_all("A", "B")
    take(harness, a, "ann", "* ann is here", a, b)
    take(harness, b, "ann", "* ann is taken", b)
    with expecting("then B said 'hello'", "that is the next that A gets"):
        harness.say(b, "hello")
        hears(harness, a, "hello")
    take(harness, b, "bob", "* bob is here", a, b)


def one_of_many(harness: Harness) -> None:
    """If many want a name at the same moment, one gets it."""
    a, *crowd = harness.connect_all("A", *(f"C{number + 1}" for number in range(CROWD)))
    for name in ("ann", "eve", "zoe"):
        for client in crowd:
            client.heard.clear()
            client.say(f"/nick {name}")
        did = f"{CROWD} clients said '/nick {name}' at the same moment"
        with expecting(did, "the other one, A, is told of one of them"):
            announcement = str(harness.hear(a))
        with expecting(f"{did}; then C1 said 'next'", "that is the next that A gets"):
            harness.wait_for(crowd[0], lambda: len(crowd[0].heard) > 0, "C1 was told nothing")
            wait_for_refusals(harness, crowd, name)
            harness.say(crowd[0], "next")
            heard = harness.hear(a)
            if heard != "next":
                raise Unexpected(f"A was told {announcement!r}, and then {heard!r}")


def wait_for_refusals(harness: Harness, crowd: list[Client], name: str) -> None:
    """Wait until all but one know that they do not have it."""
    refusal = f"* {name} is taken"
    harness.until(lambda: sum(refusal in client.heard for client in crowd) >= CROWD - 1)
    refused = sum(refusal in client.heard for client in crowd)
    if refused != CROWD - 1:
        raise Unexpected(
            f"{refused} of the {CROWD} were told {refusal!r}, and {CROWD - 1} should be"
        )


def left(harness: Harness) -> None:
    """When a client with a name leaves, the others are told once, and the name is free."""
    a, b, c, d = harness.connect_all("A", "B", "C", "D")
    take(harness, a, "ann", "* ann is here", a, b, c, d)
    did = "A, who is ann, left"
    for leave in (d.leave, a.leave):  # D has no name: no word of it
        leave()
    harness.clients.remove(d)
    harness.clients.remove(a)
    for client in (b, c):
        with expecting(f"D, who has no name, left; {did}", f"{client.name} gets '* ann has left'"):
            hears(harness, client, "* ann has left")
    take(harness, b, "ann", "* ann is here", b, c)


def take(harness: Harness, client: Client, name: str, answer: str, *told: Client) -> None:
    """Let a client ask for a name, and see which clients are told what."""
    did = f"{client.name} said '/nick {name}'"
    with expecting(did, "the server takes it"):
        harness.say(client, f"/nick {name}")
    for one in told:
        who = f"{one.name} itself" if one is client else one.name
        with expecting(did, f"{who} gets {answer!r}"):
            hears(harness, one, answer)


def hears(harness: Harness, client: Client, expected: Message) -> None:
    if (heard := harness.hear(client)) != expected:
        raise Unexpected(f"{client.name} got {heard!r}")


BEHAVIOURS = (
    Behaviour("announced", "06-broker", announced),
    Behaviour("unchanged", "03-shared", unchanged),
    Behaviour("renamed", "06-broker", renamed),
    Behaviour("taken", "06-broker", taken),
    Behaviour("one-of-many", "06-broker", one_of_many),
    Behaviour("left", "07-leaving", left),
)
