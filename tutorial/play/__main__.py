"""The command: plays a level as text, or says what is known of it.

```
python -m tutorial.play                      the levels that there are
python -m tutorial.play two_join             play one
python -m tutorial.play my_level.py --check  its counts, compared with what its file says
python -m tutorial.play two_join --alone     how often it fails if nobody decides
```
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from . import LevelError
from .alone import left_alone
from .explore import explore
from .export import export
from .level import LEVELS, Level
from .text import play


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    options = parser().parse_args(arguments)
    try:
        return run(options)
    except (LevelError, OSError, UnicodeDecodeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def parser() -> argparse.ArgumentParser:
    """Return the command's options."""
    made = argparse.ArgumentParser(
        prog="python -m tutorial.play", description="Play a level: decide which thread goes next."
    )
    made.add_argument("level", nargs="?", help="its name, or its file")
    made.add_argument("--check", action="store_true", help="compare its counts, and do not play")
    made.add_argument("--alone", action="store_true", help="run it 2,000 times, nobody deciding")
    made.add_argument("--json", action="store_true", help="print what the page's player needs")
    return made


def run(options: argparse.Namespace) -> int:
    """Do what the options say."""
    if options.level is None:
        for path in sorted(LEVELS.glob("*.py")):
            print(f"{path.stem:22} {Level.read(path).title}")
        return 0
    level = Level.read(path_of(options.level))
    if options.alone:
        alone = left_alone(level)
        print(f"kept in {alone.kept:,} of {alone.runs:,} runs", flush=True)
        os._exit(0)  # threads that are stuck would keep the program
    graph = explore(level)
    if options.json:
        graph.compare()
        alone = left_alone(level)
        found = {**export(graph), "alone": [alone.runs, alone.kept]}
        print(json.dumps(found, ensure_ascii=False, separators=(",", ":")), flush=True)
        os._exit(0)
    if options.check:
        print(f"States: {len(graph.nodes)}\nOrders: {graph.counted}")
        graph.compare()
    else:
        play(graph, input, print)
    return 0


def path_of(name: str) -> Path:
    """Return the file of a level: a name is one of `tutorial/levels`."""
    path = Path(name)
    return path if path.suffix == ".py" else LEVELS / f"{name}.py"


if __name__ == "__main__":
    sys.exit(main())
