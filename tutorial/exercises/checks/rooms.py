"""Exercise 1: who hears whom, if each path is a room of its own."""

from dataclasses import replace

from msgproxy.check.behaviours.catalogue import Behaviour
from msgproxy.check.client import Client
from msgproxy.check.failure import Surprise, expecting
from msgproxy.check.harness import Crew

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
"""Seconds after which the server has surely heard that somebody left; if not, no harm is done."""


def one_room(crew: Crew) -> None:
    """Clients of the same path hear each other, on any path."""
    for path in ("/kitchen", "/"):
        a, b, c = meet(crew, path, "A", "B", "C")
        for speaker, others in ((a, [b, c]), (b, [a, c])):
            crew.introduce(speaker, others)


def apart(crew: Crew) -> None:
    """What is said in a room is heard in no other."""
    keep_apart(crew, "/kitchen", "/garden")
    keep_apart(crew, "/garden", "/kitchen")


def whole_path(crew: Crew) -> None:
    """A path that only looks like another one is another room."""
    for here, there in LOOK_ALIKES:
        keep_apart(crew, here, there)


def goes_on(crew: Crew) -> None:
    """A room goes on when somebody leaves, and can be entered again when all have left."""
    a, b, c = meet(crew, "/kitchen", "A", "B", "C")
    go(crew, c)
    with expecting("A, B and C were in /kitchen, and C left", "A and B still hear each other"):
        be_heard(crew, a, b)
        be_heard(crew, b, a)
    go(crew, a)
    go(crew, b)
    with expecting("all left /kitchen, and then D and E came", "they hear each other"):
        be_heard(crew, *meet(crew, "/kitchen", "D", "E"))


def meet(crew: Crew, path: str, *names: str) -> list[Client]:
    """Connect clients to a path, and see to it that each is there."""
    crew.address = replace(crew.address, path=path)
    clients: list[Client] = []
    for name in names:
        with expecting(f"connected {name} to {path}", "it is let in"):
            newcomer = crew.connect(name)
        if clients:
            crew.introduce(newcomer, clients)
        clients.append(newcomer)
    return clients


def keep_apart(crew: Crew, here: str, there: str) -> None:
    """Say something in one room, and then something else in another, where somebody listens."""
    a, b = meet(crew, here, "A", "B")
    c, d = meet(crew, there, "C", "D")
    crew.introduce(c, [d])
    private, public = f"this stays in {here}", f"welcome to {there}"
    did = f"A said {private!r} in {here}; when B, who is there too, had it,"
    did += f" C said {public!r} in {there}"
    expected = f"D, who is in {there} and not in {here}, gets only what C said"
    with expecting(did, expected):
        crew.say(a, private)
        while crew.hear(b) != private:
            pass
        crew.say(c, public)
        if (heard := crew.hear(d)) != public:
            raise Surprise(f"D got {heard!r}")


def be_heard(crew: Crew, speaker: Client, other: Client) -> None:
    for number in range(3):  # some time passes: the server hears of who left, and has to go on
        said = f"{speaker.name}: {number}"
        crew.say(speaker, said)
        while crew.hear(other) != said:
            pass
        crew.pause(MOMENT)


def go(crew: Crew, client: Client) -> None:
    client.leave()
    crew.clients.remove(client)
    crew.pause(MOMENT)


BEHAVIOURS = (
    Behaviour("one-room", "06-broker", one_room),
    Behaviour("apart", "06-broker", apart),
    Behaviour("whole-path", "06-broker", whole_path),
    Behaviour("goes-on", "07-leaving", goes_on),
)
