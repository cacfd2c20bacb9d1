"""Exercise 1: which clients receive each other's messages, if each path is a room."""

from dataclasses import replace

from msgproxy.check.behaviours.catalogue import Behaviour
from msgproxy.check.client import Client
from msgproxy.check.failure import Unexpected, expecting
from msgproxy.check.frames import Message
from msgproxy.check.harness import Harness

LOOK_ALIKES = (
    ("/room", "/rooms"),
    ("/rooms", "/room"),
    ("/", "/room"),
    ("/room", "/"),
    ("/room/2", "/room"),
    ("/room", "/room/2"),
    ("/room", "/Room"),
)
"""Paths of two rooms that a server might take for one."""

MOMENT = 0.2
"""Seconds after which the server has surely noticed that a client left; if not, no harm is done."""


def one_room(harness: Harness) -> None:
    """Clients of the same path receive each other's messages, on any path."""
    for path in ("/kitchen", "/"):
        a, b, c = meet(harness, path, "A", "B", "C")
        for speaker, others in ((a, [b, c]), (b, [a, c])):
            harness.say_until_all_hear(speaker, others)


def apart(harness: Harness) -> None:
    """What is said in a room reaches no other."""
    keep_apart(harness, "/kitchen", "/garden")
    keep_apart(harness, "/garden", "/kitchen")


def whole_path(harness: Harness) -> None:
    """A path that only looks like another one is another room."""
    for here, there in LOOK_ALIKES:
        keep_apart(harness, here, there)


def moves(harness: Harness) -> None:
    """A client that asks for it is in another room from then on, and nobody is told."""
    a, b = meet(harness, "/kitchen", "A", "B")
    c, d = meet(harness, "/garden", "C", "D")
    did = "A and B were in /kitchen, C and D in /garden, and A said '/join /garden' and then 'hi'"
    with expecting(did, "C and D get 'hi', and only that"):
        harness.say(a, "/join /garden", "hi")
        for client in (c, d):
            hears(harness, client, "hi")
    with expecting(f"{did}; then D said 'welcome'", "A gets that, and only that"):
        harness.say(d, "welcome")
        hears(harness, a, "welcome")
    with expecting(
        f"{did}; then A said '/join /kitchen' and 'back'", "B gets 'back', and only that"
    ):
        harness.say(a, "/join /kitchen", "back")
        hears(harness, b, "back")
    for wish in (b"/join /garden", "please /join /garden"):
        with expecting(
            f"A said {wish!r}, in /kitchen", "it is a message like any other: B gets it"
        ):
            harness.say(a, wish)
            hears(harness, b, wish)


def hears(harness: Harness, client: Client, expected: Message) -> None:
    if (heard := harness.hear(client)) != expected:
        raise Unexpected(f"{client.name} got {heard!r}")


def goes_on(harness: Harness) -> None:
    """A room goes on when somebody leaves, and can be entered again when all have left."""
    a, b, c = meet(harness, "/kitchen", "A", "B", "C")
    go(harness, c)
    with expecting("A, B and C were in /kitchen, and C left", "A and B still hear each other"):
        be_heard(harness, a, b)
        be_heard(harness, b, a)
    go(harness, a)
    go(harness, b)
    with expecting("all left /kitchen, and then D and E came", "they hear each other"):
        be_heard(harness, *meet(harness, "/kitchen", "D", "E"))


def meet(harness: Harness, path: str, *names: str) -> list[Client]:
    """Connect clients to a path, and make sure that each has joined."""
    harness.address = replace(harness.address, path=path)
    clients: list[Client] = []
    for name in names:
        with expecting(f"connected {name} to {path}", "it is accepted"):
            newcomer = harness.connect(name)
        if clients:
            harness.say_until_all_hear(newcomer, clients)
        clients.append(newcomer)
    return clients


def keep_apart(harness: Harness, here: str, there: str) -> None:
    """Say something in one room, and then something else in another one."""
    a, b = meet(harness, here, "A", "B")
    c, d = meet(harness, there, "C", "D")
    harness.say_until_all_hear(c, [d])
    private, public = f"this stays in {here}", f"welcome to {there}"
    did = f"A said {private!r} in {here}; when B, who is there too, had it,"
    did += f" C said {public!r} in {there}"
    expected = f"D, who is in {there} and not in {here}, gets only what C said"
    with expecting(did, expected):
        harness.say(a, private)
        while harness.hear(b) != private:
            pass
        harness.say(c, public)
        if (heard := harness.hear(d)) != public:
            raise Unexpected(f"D got {heard!r}")


def be_heard(harness: Harness, speaker: Client, other: Client) -> None:
    for number in range(
        3
    ):  # some time passes: the server notices that a client left, and has to go on
        said = f"{speaker.name}: {number}"
        harness.say(speaker, said)
        while harness.hear(other) != said:
            pass
        harness.pause(MOMENT)


def go(harness: Harness, client: Client) -> None:
    client.leave()
    harness.clients.remove(client)
    harness.pause(MOMENT)


BEHAVIOURS = (
    Behaviour("one-room", "06-broker", one_room),
    Behaviour("apart", "06-broker", apart),
    Behaviour("whole-path", "06-broker", whole_path),
    Behaviour("moves", "06-broker", moves),
    Behaviour("goes-on", "07-leaving", goes_on),
)
