"""Exercise 4: what a newcomer gets, when it is quiet, and while somebody talks."""

from msgproxy.check.behaviours.catalogue import Behaviour
from msgproxy.check.client import Client
from msgproxy.check.failure import Unexpected, expecting
from msgproxy.check.frames import Message
from msgproxy.check.harness import Harness

HISTORY = 50
"""Messages that the server keeps, as the exercise says."""

KINDS: tuple[Message, ...] = ("text: déjà vu", b"binary: \x00\xff", "", b"")

NEWCOMERS = 100
"""Clients that join while another talks. A careless server loses something at each fifth."""

AT_ONCE = 12
"""Messages that are said while one of them comes in."""


def history(harness: Harness) -> None:
    """A newcomer gets what was said before, in order, text as text and bytes as bytes."""
    a, b = listen(harness)
    tell(harness, a, b, *KINDS, "the last")
    hear_from_start(
        harness, f"A said {[*KINDS, 'the last']}, and then N joined", *KINDS, "the last"
    )


def last_ones(harness: Harness) -> None:
    """Of more than that many messages, it gets the last ones."""
    a, b = listen(harness)
    said = [str(number) for number in range(3 * HISTORY)]
    tell(harness, a, b, *said)
    did = f"A said '0' to '{3 * HISTORY - 1}', and then N joined; {HISTORY} are to be kept"
    newcomer = hear_from_start(harness, did, *said[-HISTORY:])
    did += "; then A said 'live'"
    with expecting(did, "that is what N gets next"):
        harness.say(a, "live")
        hears(harness, newcomer, "live")


def who_left(harness: Harness) -> None:
    """What was said by a client that has left is in the history, too."""
    a, b = listen(harness)
    tell(harness, a, b, "I was here")
    a.leave()
    harness.clients.remove(a)
    hear_from_start(harness, "A said 'I was here' and left, and then N joined", "I was here")


def seam(harness: Harness) -> None:
    """Between the history and what is said now, nothing is lost and nothing comes twice."""
    a, b = listen(harness)
    tell(harness, a, b, *(str(number) for number in range(HISTORY)))
    said = HISTORY
    for number in range(NEWCOMERS):
        did = f"newcomer {number + 1} joined while A said one number after the other"
        newcomer = harness.request(f"newcomer {number + 1}")
        for _ in range(3):  # before it comes in, meanwhile, and after
            a.say(*(str(said + n) for n in range(AT_ONCE)))
            said += AT_ONCE
            harness.pause(0.001)
        with expecting(did, "it is let in, and B, who was there, gets all numbers"):
            harness.send_all(a)
            harness.wait_for(
                newcomer, lambda one=newcomer: one.answer, "no answer to the handshake"
            )
            while harness.hear(b) != str(said - 1):
                pass
        with expecting(did, f"it gets {HISTORY} numbers or more, up to the last, without a gap"):
            hear_numbers(harness, newcomer, said)
        newcomer.leave()
        harness.clients.remove(newcomer)


def hear_numbers(harness: Harness, client: Client, end: int) -> None:
    """Receive numbers up to `end`, each the one after the one before."""
    first = last = hear_number(harness, client)
    if first > end - HISTORY:
        raise Unexpected(f"the first was {first}, when {end} had been said")
    while last != end - 1:
        number = hear_number(harness, client)
        if number != last + 1:
            what = "lost" if number > last else "doubled"
            at = f"{number} came after {last}"
            raise Unexpected(f"{at}, {abs(number - last - 1)} {what}; the first had been {first}")
        last = number


def hear_number(harness: Harness, client: Client) -> int:
    """Receive a number. A longer history begins with the greetings of before."""
    heard = harness.hear(client)
    while heard in GREETINGS:
        heard = harness.hear(client)
    if not (isinstance(heard, str) and heard.isdecimal()):
        raise Unexpected(f"it got {heard!r}")
    return int(heard)


def listen(harness: Harness) -> tuple[Client, Client]:
    """Connect a client that talks and one that listens. The history has only their greetings."""
    with expecting("connected A and B", "both are accepted"):
        a, b = harness.connect("A"), harness.connect("B")
    harness.say_until_all_hear(a, [b])
    return a, b


def tell(harness: Harness, a: Client, b: Client, *messages: Message) -> None:
    """Let A say something, and wait until the broker has handled all of it: B has it then."""
    for start in range(0, len(messages), AT_ONCE):
        some = messages[start : start + AT_ONCE]
        with expecting(f"A said {', '.join(map(repr, some))}", "B, who was there before, gets it"):
            harness.say(a, *some)
            for message in some:
                hears(harness, b, message)


def hear_from_start(harness: Harness, did: str, *messages: Message) -> Client:
    """Let a client join, and receive these messages; before them only the greetings."""
    with expecting(did, "it is accepted"):
        newcomer = harness.connect("N")
    for message in messages:
        with expecting(did, f"N gets {message!r} in its place"):
            heard = harness.hear(newcomer)
            while heard in GREETINGS:
                heard = harness.hear(newcomer)
            if heard != message:
                raise Unexpected(f"N got {heard!r}")
    return newcomer


def hears(harness: Harness, client: Client, expected: Message) -> None:
    if (heard := harness.hear(client)) != expected:
        raise Unexpected(f"{client.name} got {heard!r}")


GREETINGS = ("hello from A", "A has said hello")
"""What was said in `listen`: how often is left to chance."""

BEHAVIOURS = (
    Behaviour("history", "06-broker", history),
    Behaviour("last-ones", "08-bounds", last_ones),
    Behaviour("who-left", "06-broker", who_left),
    Behaviour("seam", "06-broker", seam),
)
