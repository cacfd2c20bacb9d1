"""What a page tells its reader to type, and what it says is printed then.

In a `console` block a line that begins with `$ ` is typed, and the lines after it are printed.
In a `sh` block, as in the README, each line is typed, and nothing is said of what comes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pages

NOT_FOLLOWED = {
    r"python3 -m venv \.venv|source \.venv/bin/activate": "the tests run in what it makes",
    r"pip install .*": "it needs a network; `.ci/run` does it",
    r"python tests/benchmarks.*": "it takes minutes, and a machine of its own",
    r"python -m pytest": "it would run this test",
    r"python -m pytest --variant .*": "test_variants.py does, for a minute and more",
    r"sphinx-build .*": "test_docs.py builds the pages",
    r"python -m webbrowser .*": "it opens a browser",
    r"jupyter lab notebooks": "it opens a browser",
    r"python tutorial/steps/sketch\.py": "one cannot choose its port; see test_sketch.py",
    r"redis-cli .*": "what it shows was said in a browser before; see test_bridge.py",
    r"export MSGPROXY_BRIDGE=.*": "it is for a Redis with a password; see test_bridge_password.py",
    r"(mkdir -p|cp|sed|openssl|nginx) .*": "it sets up nginx; see test_nginx.py",
    r"msgproxy .* --allow-origin https://chat\.example": "nginx is in front; see test_nginx.py",
    r"python -m http\.server 9000 .*": "it waits for a browser; see test_step_admission.py",
    r"cargo build .*|msgproxy check --all --run tutorial/comparison/target/.*": "it needs crates",
    r"msgproxy chat ws://127\.0\.0\.1:8765/ .*": "it is suspended with Ctrl-Z; see test_freeze.py",
    r"python tutorial/steps/flood\.py .*": "it is for clients that are frozen; see test_freeze.py",
    r"msgproxy check --run my_server\.py .*": "the program is a student's",
}
"""Commands that are not run in a test, and why."""

KINDS = {
    "chat": r"msgproxy chat .*",
    "watch": r"msgproxy watch .*",
    "server": r"(python -m )?msgproxy(?! (chat|watch|check)\b)(?!.*--(help|version)).*"
    r"|python tutorial/(steps/(step\w+|frames)|bugs/bug\w+|comparison/asyncio_proxy)\.py.*"
    r"|redis-server.*",
    "end": r".*",
}
"""How to tell what goes on until one ends it; the rest ends by itself."""


@dataclass(frozen=True, slots=True)
class Command:
    """A line that the reader types, and the lines after it that the page says are printed."""

    place: str
    text: str
    shown: tuple[str, ...] = ()

    @property
    def why_not(self) -> str:
        """Why it is not run in a test, if it is not."""
        found = [why for text, why in NOT_FOLLOWED.items() if re.fullmatch(text, self.text)]
        return found[0] if found else ""

    @property
    def kind(self) -> str:
        return next(kind for kind, text in KINDS.items() if re.fullmatch(text, self.text))

    def differs(self, printed: str) -> AssertionError:
        """Return an error that shows both."""
        says = "\n".join(self.shown) or "(nothing of what is printed)"
        return AssertionError(
            f"{self.place}: $ {self.text}\n--- the page says:\n{says}\n--- there is:\n{printed}"
        )


def commands(path: Path) -> Iterator[Command]:
    """Yield all commands of a page, in their order."""
    for block in pages.blocks(path):
        if block.kind == "sh":
            yield from in_shell(block)
        elif block.kind == "console":
            yield from in_console(block)


def in_shell(block: pages.Block) -> Iterator[Command]:
    """Yield a command for each line, and for each `&&` in it, as after `activate`."""
    for number, line in enumerate(block.lines, block.number + 1):
        for text in line.partition(" #")[0].split("&&"):
            yield Command(f"{block.page}:{number}", text.replace(".venv/bin/", "").strip())


def in_console(block: pages.Block) -> Iterator[Command]:
    assert block.lines[0].startswith("$ "), f"{block.place}: it has to begin with a command"
    starts = [n for n, line in enumerate(block.lines) if line.startswith("$ ")]
    for start, end in zip(starts, [*starts[1:], len(block.lines)], strict=True):
        shown = tuple(line.rstrip() for line in block.lines[start + 1 : end])
        place = f"{block.page}:{block.number + 1 + start}"
        yield Command(place, block.lines[start].removeprefix("$ ").strip(), shown)
