"""What `msgproxy check` prints: a line for each behaviour, and for a failure all there is to know.

Rule: everything goes to stdout, in colours only if that is a terminal. A reader that goes away
(`| head`) ends the command, like any other error of output.
"""

from __future__ import annotations

import os
import sys
import textwrap

from msgproxy.check.behaviours.catalogue import Behaviour
from msgproxy.check.failure import BehaviourFailed
from msgproxy.check.program import ServerProgram

COLOURS = {"ok": "32", "FAILED": "1;31", "skipped": "33"}
"""How a verdict looks on a terminal: what stands in the escape sequence."""

WIDTH = 96
"""Columns of the explanations."""


class Report:
    """The verdicts so far."""

    def __init__(self) -> None:
        self._counts = dict.fromkeys(COLOURS, 0)
        self._has_terminal = sys.stdout.isatty()
        self._has_colours = self._has_terminal and "NO_COLOR" not in os.environ

    def begin(self, behaviour: Behaviour) -> None:
        """Show what is going on, where the line can be written over."""
        if self._has_terminal:
            print(f"...      {behaviour.name}", end="\r", flush=True)

    def ok(self, behaviour: Behaviour) -> None:
        """Say that a behaviour is there."""
        self._line("ok", behaviour, behaviour.promise)

    def skip(self, behaviour: Behaviour, why: str) -> None:
        """Say that a behaviour was not checked."""
        self._line("skipped", behaviour, why)

    def fail(self, behaviour: Behaviour, failure: BehaviourFailed) -> None:
        """Say that a behaviour is missing, and how that showed."""
        self._line("FAILED", behaviour, behaviour.promise)
        print()
        self._explain("done:", failure.did)
        self._explain("expected:", failure.expected)
        self._explain("instead:", failure.instead)
        self._explain("read:", f"chapter {behaviour.chapter} of the tutorial")
        print(flush=True)

    def show_output(self, program: ServerProgram) -> None:
        """Show the last lines that the server has said."""
        words = program.last_words()
        if words:
            print("         what the server said last:")
            print(textwrap.indent(words, "         | ", lambda _: True), end="\n\n", flush=True)

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
        indent = " " * 9
        print(
            textwrap.fill(
                text,
                WIDTH,
                initial_indent=f"{indent}{what:10}",
                subsequent_indent=indent + " " * 10,
            )
        )
