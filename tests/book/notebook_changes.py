"""What the notebooks suggest to change, as changes of their cells. Each has to run.

Rule: a change names a cell, what is replaced in it, and by what. An empty old text means a new cell
after that one.
"""

from __future__ import annotations

Change = tuple[str, str, str]

CHANGES: dict[str, dict[str, list[Change]]] = {
    "01-first-contact": {
        "echo": [("start-server", "Server(port=0)", "Server(port=0, echo=True)")],
        "a larger crowd": [("crowds", "8, 16]", "8, 32]")],
        "bob leaves": [("stop", "", "bob.close()")],
    },
    "02-follow-one-message": {
        "a pause for each message": [
            ("slow-queues", "time.sleep(PAUSE)", "time.sleep(PAUSE * len(taken))")
        ],
        "a short pause": [("slow-queues", "PAUSE = 0.01", "PAUSE = 0.001")],
        "a long pause": [("slow-queues", "PAUSE = 0.01", "PAUSE = 0.05")],
        "few messages": [("many-messages", "MESSAGES = 200", "MESSAGES = 3")],
        "a short burst": [("burst", "BURST = 30", "BURST = 2")],
        "all of a run": [("one-message", "draw(hops,", "draw(recording.hops(),")],
    },
    "03-the-slow-client": {
        "not slow": [("trial", "RATE = 20", "RATE = 1000")],
        "more room": [("policies", "ROOM = 2_000_000", "ROOM = 20_000_000")],
        "told what it missed": [
            (
                "policies",
                "class CutOff(",
                """class DropOldestAndSay(DropOldest):
    def _init(self, maxsize):
        super()._init(maxsize)
        self.missing = 0

    def _drop(self, items):
        super()._drop(items)
        self.missing += sum(len(item.messages) for item in items)

    def _take_all(self):
        taken = super()._take_all()
        if self.missing:
            from msgproxy.events import OutgoingBatch
            from msgproxy.protocol.frames import encode

            frame = encode(f"{self.missing} are missing")
            rest = (n for n, item in enumerate(taken) if item.messages or item.is_last)
            taken.insert(next(rest, len(taken)), OutgoingBatch((frame,), len(frame)))
            self.missing = 0
        return taken


class CutOff(""",
            ),
            (
                "policies",
                '"cut off": CutOff}',
                '"and say": DropOldestAndSay, "cut off": CutOff}',
            ),
            ("depth", "plots.axes(words, 4,", "plots.axes(words, 5,"),
        ],
    },
    "04-be-the-scheduler": {
        "an order in which both join": [
            (
                "by-hand",
                '"ana looks", "bob looks", "ana writes", "bob writes"',
                '"bob looks", "bob writes", "ana looks", "ana writes"',
            )
        ],
        "an order that is not possible": [
            (
                "by-hand",
                '"ana looks", "bob looks", "ana writes", "bob writes"',
                '"ana writes", "ana looks", "bob looks", "bob writes"',
            )
        ],
        "a lock": [
            (
                "six",
                "",
                """def one_turn(schedule):
    members = {"who": frozenset()}

    def join(name):
        with schedule.turn(f"{name} joins"):
            members["who"] = members["who"] | {name}

    yield {"ana": lambda: join("ana"), "bob": lambda: join("bob")}
    assert members["who"] == {"ana", "bob"}


len(explore(one_turn).failures)""",
            )
        ],
        "three": [
            (
                "six",
                "",
                """def three(schedule):
    members = {"who": frozenset()}

    def join(name):
        with schedule.turn(f"{name} looks"):
            found = members["who"]
        with schedule.turn(f"{name} writes"):
            members["who"] = found | {name}

    names = "ana", "bob", "carol"
    yield {name: lambda name=name: join(name) for name in names}
    assert members["who"] == set(names)


explore(three).tried""",
            )
        ],
        "ana first": [
            (
                "converse",
                '"reader-2 puts 2.1", "reader-1 puts 1.1"',
                '"reader-1 puts 1.1", "reader-2 puts 2.1"',
            )
        ],
        "fewer lines": [("converse", ', "broker takes"]', "]")],
    },
    "05-the-gil-and-the-scheduler": {
        "another line": [("lost-updates", '"c.n += 1",', '"c.n = max(c.n, c.n + 1)",')],
        "many threads": [("settings", "50, 100]", "50, 100, 500]")],
        "a short interval": [("switch-interval", "[0.5,", "[0.1, 0.5,")],
    },
    "06-threads-and-tasks": {
        "nothing to batch": [("measure", "compare.BURST = 50", "compare.BURST = 1")],
        "a small crowd": [("measure", "30, 100]", "30]")],
    },
}
