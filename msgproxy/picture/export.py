"""Export: a recording as a file, whose suffix says which kind.

Rule: a file is written whole or not at all. Whether it can be written is checked before the
recording is made, not after.

=================  ===========================================================================
`.svg`             a picture of the last messages (`diagram.py`)
`.trace.json`      Chrome's trace event format, for Perfetto (`chrome_trace.py`)
`.json`            all hops, as plain data
=================  ===========================================================================

The plain data is an object. "format" is "msgproxy recording", "version" is 1, "lost" is how many
hops the recording had before these, and "hops" is an array, in the order of time. A hop is an
object with the fields of `Hop`; among its items a message is a string such as "2.1", the first of
client 2, and everything else is in words.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from msgproxy.errors import InvalidOption
from msgproxy.events import MessageId
from msgproxy.picture.chrome_trace import trace_events
from msgproxy.picture.diagram import draw
from msgproxy.picture.from_hops import timeline_from_hops
from msgproxy.tracing.hops import Hop, Item, lost

FORMAT = "msgproxy recording"
VERSION = 1

MESSAGE = re.compile(r"(\d+)\.(\d+)")


def as_svg(hops: Sequence[Hop]) -> str:
    """Return a picture."""
    return draw(hops)


def as_trace(hops: Sequence[Hop]) -> str:
    """Return a trace for Perfetto."""
    return json.dumps(trace_events(timeline_from_hops(hops)), separators=(",", ":"))


def as_data(hops: Sequence[Hop]) -> str:
    """Return plain data, one line for each hop, so that people and `diff` can read it."""
    lines = [json.dumps(hop.in_words()._asdict()) for hop in hops]
    head = json.dumps({"format": FORMAT, "version": VERSION, "lost": lost(hops)})[:-1]
    return f'{head}, "hops": [\n' + ",\n".join(lines) + "\n]}\n"


KINDS: dict[str, Callable[[Sequence[Hop]], str]] = {
    ".svg": as_svg,
    ".trace.json": as_trace,
    ".json": as_data,
}
"""By suffix. The first one that fits counts, so `.trace.json` is before `.json`."""


def check(path: str | Path) -> None:
    """Raise `InvalidOption` if no recording can be written there. Leaves nothing behind."""
    target = Path(path)
    _kind(target)
    if target.is_dir():
        raise InvalidOption(f"cannot write {str(target)!r}: it is a directory")
    if target.exists() and not target.is_file():
        raise InvalidOption(f"cannot write {str(target)!r}: it is no regular file")
    try:
        if target.exists():
            with target.open("ab"):
                pass
        with _part(target).open("wb"):
            pass
        _part(target).unlink()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise InvalidOption(f"cannot write {str(target)!r}: {_why(error)}") from None


def write(hops: Sequence[Hop], path: str | Path) -> None:
    """Write hops to a file, which is replaced if it is there.

    Raise `InvalidOption` if it has no suffix of these; OSError if it cannot be written.
    """
    target = Path(path).resolve()  # a link stays a link
    text = _kind(Path(path))(hops)  # by the name that was given, as in `check`
    part = _part(target)
    try:
        part.write_text(text, encoding="utf-8", newline="\n")
        if target.exists():  # keep its permissions
            part.chmod(target.stat().st_mode)
        os.replace(part, target)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def read(path: str | Path) -> list[Hop]:
    """Read hops that were written as plain data. Raise `InvalidOption` if it is something else."""
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
        if (data["format"], data["version"]) != (FORMAT, VERSION):
            raise ValueError
        return [Hop(**(hop | {"items": tuple(map(_item, hop["items"]))})) for hop in data["hops"]]
    except (ValueError, TypeError, KeyError):
        raise InvalidOption(f"{str(path)!r} is no recording of msgproxy, version 1") from None


def _kind(path: Path) -> Callable[[Sequence[Hop]], str]:
    for suffix, kind in KINDS.items():
        if path.name.endswith(suffix):
            return kind
    raise InvalidOption(f"{str(path)!r} has to end with one of {', '.join(KINDS)}")


def _part(path: Path) -> Path:
    """Return the temporary file: in the same directory, so that the rename is atomic."""
    path = path.resolve()
    return path.with_name(f".{path.name}.{os.getpid()}.part")


def _item(text: str) -> Item:
    found = MESSAGE.fullmatch(text)
    return MessageId(int(found[1]), int(found[2])) if found else text


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
