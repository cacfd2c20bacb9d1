"""What `msgproxy check` prints: a line for each behaviour, and everything about a failure.

Rule: everything goes to stdout, in colours only if that is a terminal. A reader that goes away
(`| head`) ends the command, like any other error of output. What the server has sent or printed
is escaped: it cannot do anything to the terminal.
"""

from __future__ import annotations

import os
import sys
import textwrap

from msgproxy.check.behaviours.catalogue import Behaviour
from msgproxy.check.failure import BehaviourFailed
from msgproxy.check.harness import Harness
from msgproxy.check.program import ServerProgram
from msgproxy.terminal.screen import escape

COLOURS = {"ok": "32", "FAILED": "1;31", "skipped": "33"}
"""How a verdict looks on a terminal: the number in the escape sequence."""

WIDTH = 96
"""Columns of the explanations."""

INDENT = " " * 9


class Report:
    """The verdicts so far."""

    def __init__(self) -> None:
        self._counts = dict.fromkeys(COLOURS, 0)
        self._has_terminal = sys.stdout.isatty()
        self._has_colours = self._has_terminal and _wants_colours()

    def begin(self, behaviour: Behaviour) -> None:
        """Show what is being checked, in a line that the verdict replaces."""
        if self._has_terminal:
            print(f"...      {behaviour.name}", end="\r", flush=True)

    def ok(self, behaviour: Behaviour) -> None:
        """Say that the server has a behaviour."""
        self._line("ok", behaviour, behaviour.promise)

    def skip(self, behaviour: Behaviour, why: str) -> None:
        """Say that a behaviour was not checked."""
        self._line("skipped", behaviour, why)

    def fail(self, behaviour: Behaviour, failure: BehaviourFailed, harness: Harness) -> None:
        """Say that the server lacks a behaviour, and how that showed."""
        self._line("FAILED", behaviour, behaviour.promise)
        print()
        self._explain("done:", failure.did)
        if clients := harness.describe_clients():
            self._explain("clients:", clients)
        self._explain("expected:", failure.expected)
        self._explain("instead:", failure.instead)
        if not failure.was_unreachable:
            self._explain("read:", f"chapter {behaviour.chapter} of the tutorial")
        print(flush=True)

    def show_output(self, program: ServerProgram) -> None:
        """Show how the server has ended, if it has; its last lines; and what may be wrong."""
        if program.status is not None:
            print(f"{INDENT}the server has ended, with status {program.status}")
        if output := program.last_output():
            lines = "\n".join(map(escape, output.split("\n")))
            print(f"{INDENT}the last lines that the server has printed:")
            print(textwrap.indent(lines, f"{INDENT}| ", lambda _: True), end="\n\n")
        if hint := program.hint():
            print(f"{INDENT}{hint}\n")
        sys.stdout.flush()

    def finish(self) -> int:
        """Sum up; return the exit status."""
        words = [f"{count} {verdict}" for verdict, count in self._counts.items() if count]
        print(", ".join(words), flush=True)
        return 1 if self._counts["FAILED"] else 0

    def _line(self, verdict: str, behaviour: Behaviour, text: str) -> None:
        self._counts[verdict] += 1
        shown = f"{verdict:9}"
        if self._has_colours:
            shown = f"\x1b[{COLOURS[verdict]}m{shown}\x1b[0m"
        print(f"{shown}{behaviour.name:18}{text}", flush=True)

    def _explain(self, what: str, text: str) -> None:
        first, next_ = f"{INDENT}{what:10}", f"{INDENT}{'':10}"
        print(textwrap.fill(escape(text), WIDTH, initial_indent=first, subsequent_indent=next_))


def _wants_colours() -> bool:
    """Return whether the environment allows colours: an empty NO_COLOR does (no-color.org)."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
