"""Exercise 2: who is told of a name, and what a name has to do with everything else: nothing."""

from msgproxy.check.behaviours.catalogue import Behaviour
from msgproxy.check.client import Client
from msgproxy.check.failure import Surprise, expecting
from msgproxy.check.frames import Message
from msgproxy.check.harness import Crew

UNLIKE: tuple[Message, ...] = (
    "hello",
    b"/nick bytes are no text",
    "/nickname ann",
    "please say /nick ann",
    "* eve is here",
    b"",
    "",
)
"""Messages that are no request for a name."""

CROWD = 24
"""Clients that want the same name at the same moment."""


def announced(crew: Crew) -> None:
    """Who takes a name is announced to all, itself included."""
    a, b, c = crew.gather("A", "B", "C")
    take(crew, a, "ann", "* ann is here", a, b, c)
    take(crew, b, "bob with a space", "* bob with a space is here", a, b, c)


def unchanged(crew: Crew) -> None:
    """Everything else is forwarded to the others as it was said."""
    a, b = crew.gather("A", "B")
    for round_ in ("without a name", "with a name"):
        for message in UNLIKE:
            did = f"A, {round_}, said {message!r}"
            with expecting(did, f"B gets {message!r}"):
                crew.say(a, message)
                hears(crew, b, message)
        if round_ == "without a name":
            take(crew, a, "ann", "* ann is here", a, b)
    with expecting("A said all that, and then B said 'over to A'", "A gets only that"):
        crew.say(b, "over to A")
        hears(crew, a, "over to A")


def renamed(crew: Crew) -> None:
    """Who takes another name is announced with both, and the first is free again."""
    a, b = crew.gather("A", "B")
    take(crew, a, "ann", "* ann is here", a, b)
    take(crew, a, "eve", "* ann is now eve", a, b)
    take(crew, b, "ann", "* ann is here", a, b)


def taken(crew: Crew) -> None:
    """A name that somebody has is refused, and only the one who asked is told."""
    a, b = crew.gather("A", "B")
    take(crew, a, "ann", "* ann is here", a, b)
    take(crew, b, "ann", "* ann is taken", b)
    with expecting("then B said 'hello'", "that is the next that A gets"):
        crew.say(b, "hello")
        hears(crew, a, "hello")
    take(crew, b, "bob", "* bob is here", a, b)


def one_of_many(crew: Crew) -> None:
    """If many want a name at the same moment, one gets it."""
    a, *crowd = crew.gather("A", *(f"C{number + 1}" for number in range(CROWD)))
    for name in ("ann", "eve", "zoe"):
        for client in crowd:
            client.heard.clear()
            client.say(f"/nick {name}")
        did = f"{CROWD} clients said '/nick {name}' at the same moment"
        with expecting(did, "the other one, A, is told of one of them"):
            announcement = str(crew.hear(a))
        with expecting(f"{did}; then C1 said 'next'", "that is the next that A gets"):
            crew.wait_for(crowd[0], lambda: len(crowd[0].heard) > 0, "C1 was told nothing")
            wait_for_refusals(crew, crowd, name)
            crew.say(crowd[0], "next")
            heard = crew.hear(a)
            if heard != "next":
                raise Surprise(f"A was told {announcement!r}, and then {heard!r}")


def wait_for_refusals(crew: Crew, crowd: list[Client], name: str) -> None:
    """Wait until all but one know that they do not have it."""
    refusal = f"* {name} is taken"
    crew.until(lambda: sum(refusal in client.heard for client in crowd) >= CROWD - 1)
    refused = sum(refusal in client.heard for client in crowd)
    if refused != CROWD - 1:
        raise Surprise(f"{refused} of the {CROWD} were told {refusal!r}, and {CROWD - 1} should be")


def farewell(crew: Crew) -> None:
    """When a client with a name leaves, the others are told once, and the name is free."""
    a, b, c, d = crew.gather("A", "B", "C", "D")
    take(crew, a, "ann", "* ann is here", a, b, c, d)
    did = "A, who is ann, left"
    for leave in (d.leave, a.leave):  # D has no name: no word of it
        leave()
    crew.clients.remove(d)
    crew.clients.remove(a)
    for client in (b, c):
        with expecting(f"D, who has no name, left; {did}", f"{client.name} gets '* ann has left'"):
            hears(crew, client, "* ann has left")
    take(crew, b, "ann", "* ann is here", b, c)


def take(crew: Crew, client: Client, name: str, answer: str, *told: Client) -> None:
    """Let a client ask for a name, and see who is told what."""
    did = f"{client.name} said '/nick {name}'"
    with expecting(did, "the server takes it"):
        crew.say(client, f"/nick {name}")
    for one in told:
        who = f"{one.name} itself" if one is client else one.name
        with expecting(did, f"{who} gets {answer!r}"):
            hears(crew, one, answer)


def hears(crew: Crew, client: Client, expected: Message) -> None:
    if (heard := crew.hear(client)) != expected:
        raise Surprise(f"{client.name} got {heard!r}")


BEHAVIOURS = (
    Behaviour("announced", "06-broker", announced),
    Behaviour("unchanged", "03-shared", unchanged),
    Behaviour("renamed", "06-broker", renamed),
    Behaviour("taken", "06-broker", taken),
    Behaviour("one-of-many", "06-broker", one_of_many),
    Behaviour("farewell", "07-leaving", farewell),
)
