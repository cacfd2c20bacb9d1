"""Solutions of the exercises that look right and are not: what many would try first.

Rule: each is the right solution with a few words changed, and lacks one behaviour of the check.
"""

from __future__ import annotations

from typing import NamedTuple


class Wrong(NamedTuple):
    """What does not solve it: its difference from the right solution, and how that shows."""

    exercise: str
    fails: str
    instead: str
    changes: dict[str, str]


MAIN = "\n\ndef main():\n    run_step("

THE_READER_SENDS_IT = """

from step08_bounds import serve as serve_before

def serve(session):
    for message in list(history):
        offer(session, message)
    serve_before(session)
"""

THE_WRITER_SENDS_IT = """

from step08_bounds import run_writer as run_writer_before

def run_writer(session):
    for message in list(history):
        session.websocket.send(message)
    run_writer_before(session)
"""

THE_BROKER_WAITS = """

def get():
    if isinstance(event := get_before(), Received):
        event.session.bucket.take()
    return event

get_before, inbound.get = inbound.get, get
"""

BY_THE_BROKER = {
    "    history = ": "    global history\n    history = ",
    "in history:": "in []:",
}
"""Only the broker knew the history; now the others can see it, too."""

WRONG = {
    "rooms by prefix": Wrong(
        "rooms",
        "whole-path",
        "D got 'this stays in /room'",
        {"rooms[session] == rooms[sender]": "rooms[session].startswith(rooms[sender])"},
    ),
    "rooms by prefix, the other way round": Wrong(
        "rooms",
        "whole-path",
        "D got 'this stays in /rooms'",
        {"rooms[session] == rooms[sender]": "rooms[sender].startswith(rooms[session])"},
    ),
    "who leaves closes the room": Wrong(
        "rooms",
        "goes-on",
        "B got nothing",
        {
            "rooms = {}": "rooms, closed = {}, set()",
            "== rooms[sender]": "== rooms[sender] not in closed",
            "del rooms[session]": "closed.add(rooms.pop(session))",
        },
    ),
    "who has moved speaks in the old room": Wrong(
        "rooms",
        "moves",
        "C got nothing",
        {'rooms[sender] = message.removeprefix("/join ")': "pass"},
    ),
    "bytes begin with no text": Wrong(
        "nickname", "unchanged", "B got nothing", {"str(message)) if": "message) if"}
    ),
    "a name is never free again": Wrong(
        "nickname", "left", "B got '. ann is taken'", {"names.pop(session)": "names[session]"}
    ),
    "nobody hears who has left": Wrong(
        "nickname", "left", "B got nothing", {"if name is not None": "if False"}
    ),
    "a name can be had twice": Wrong(
        "nickname", "taken", "B got '. ann is here'", {"names[other] == name": "False"}
    ),
    "the newest are dropped": Wrong(
        "drop_oldest",
        "newest",
        "the last of them number [1-9]..;",
        {
            "        if not item.is_last:\n            self._make_room(item.size)\n": (
                "        if self._bytes + item.size > self.limit:\n            return\n"
            )
        },
    ),
    "pongs are dropped": Wrong(
        "drop_oldest", "keeps-pongs", "no pong", {"if self._waiting[place].messages:": "if True:"}
    ),
    "there is no bound": Wrong(
        "drop_oldest", "bounded", "all of it", {"self._make_room(": "self.limit += ("}
    ),
    "the reader sends the history": Wrong(
        "history",
        "seam",
        "lost|doubled|nothing",
        BY_THE_BROKER | {MAIN: f"{THE_READER_SENDS_IT}{MAIN}serve=serve, "},
    ),
    "the writer sends the history": Wrong(
        "history",
        "seam",
        "lost|doubled|nothing",
        BY_THE_BROKER | {MAIN: f"{THE_WRITER_SENDS_IT}{MAIN}run_writer=run_writer, "},
    ),
    "the history has no end": Wrong(
        "history", "last-ones", "N got '0'", {"deque(maxlen=HISTORY)": "deque()"}
    ),
    "what is too much is lost": Wrong(
        "rate_limit",
        "slows-down",
        "B got nothing more",
        {"bucket.take()  #": "if bucket.take(): continue  #", "time.sleep(": "return 0 <= ("},
    ),
    "who is too fast is cut off": Wrong(
        "rate_limit",
        "slows-down",
        "to A came the end of the connection",
        {"time.sleep(": "raise OSError("},
    ),
    "the bucket is never full": Wrong(
        "rate_limit", "full-is-full", "B had all of them", {"min(BURST, ": "max(-BURST, "}
    ),
    "a break after each message": Wrong(
        "rate_limit", "burst", "as if there were no bucket", {"tokens = BURST": "tokens = 0"}
    ),
    "the broker waits": Wrong(
        "rate_limit",
        "others-go-on",
        "the last of A's came",
        {"bucket.take()  #": "session.bucket = bucket  #", MAIN: THE_BROKER_WAITS + MAIN},
    ),
    "one bucket for all": Wrong(
        "rate_limit",
        "each-its-own",
        "the last of A's came",
        {"    bucket = Bucket()\n": "", "def run_reader": "bucket = Bucket()\n\ndef run_reader"},
    ),
}
