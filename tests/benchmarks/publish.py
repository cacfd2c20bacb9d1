"""Measures everything anew and writes the tables into README.md, between its marks.

    python tests/benchmarks/publish.py

Rule: a table is replaced as a whole, with the machine on which it was measured. What the numbers
mean is written by hand, around them: read it again afterwards. Takes some twenty minutes, on a
machine that does nothing else.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
README = HERE / "README.md"
GROWTH = HERE.parents[1] / "tutorial" / "_static" / "growth.svg"

COMPARE = (str(HERE), "--markdown")
PARTS: dict[str, tuple[str, ...]] = {
    "peers": COMPARE,
    "shape": (*COMPARE, "--servers", "same-shape-in-c", "msgproxy"),
    "options": (
        *COMPARE,
        *("--servers", "msgproxy", "msgproxy:no-trace", "msgproxy:any-core", "msgproxy:log"),
    ),
    "steps": (*COMPARE, "--only", "fan100", "lat20", "--servers", "step10", "step11"),
    "bridge": (str(HERE / "bridge.py"),),
    "growth": (str(HERE / "growth.py"), "--plot", str(GROWTH)),
}
"""By the name of its marks, the command whose output belongs between them."""


def main() -> int:
    """Measure the chosen parts, one after the other, and write each as soon as it is there."""
    parser = argparse.ArgumentParser(description="Measure anew, and write the tables of README.md.")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART")
    parser.add_argument("--rounds", default="3")
    parser.add_argument("--seconds", default="2")
    arguments = parser.parse_args()
    for part in arguments.only:
        print(f"== {part}", file=sys.stderr)
        options = ("--rounds", arguments.rounds, "--seconds", arguments.seconds)
        command = [sys.executable, *PARTS[part], *options]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            return done.returncode
        README.write_text(put_between(README.read_text(), part, done.stdout.strip()))
    return 0


def put_between(page: str, part: str, text: str) -> str:
    """Return the page with a text between the marks of a part. Raise LookupError without them."""
    begin, end = f"<!-- measured: {part} -->", f"<!-- end: {part} -->"
    pattern = re.compile(f"({re.escape(begin)}\n).*?({re.escape(end)})", re.DOTALL)
    page, count = pattern.subn(lambda found: f"{found[1]}{text}\n{found[2]}", page)
    if count != 1:
        raise LookupError(f"{README.name} has no marks for {part!r}, or several")
    return page


if __name__ == "__main__":
    sys.exit(main())
