"""Export: a recording as a file, of a kind that its name tells.

Rule: a file is there whole or not at all. And whether it can be written is found out before the
recording is made, not after.

=================  ===========================================================================
`.svg`             a picture of the last messages (`diagram.py`)
`.trace.json`      Chrome's trace event format, for Perfetto (`chrome.py`)
`.json`            all hops, as plain data
=================  ===========================================================================

The plain data is an object. "format" is "msgproxy recording", "version" is 1, "lost" is how many
hops the recording has forgotten, and "hops" is an array, in the order of time. A hop is an object
with the fields of `Hop`; among its items a message is a string such as "2.1", the first of client
2, and all else is in words.
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
from msgproxy.picture.retrace import retrace
from msgproxy.tracing.hops import Hop, Item, lost

FORMAT = "msgproxy recording"
VERSION = 1

MESSAGE = re.compile(r"(\d+)\.(\d+)")


def as_svg(hops: Sequence[Hop]) -> str:
    """Return a picture."""
    return draw(hops)


def as_trace(hops: Sequence[Hop]) -> str:
    """Return a trace for Perfetto."""
    return json.dumps(trace_events(retrace(hops)), separators=(",", ":"))


def as_data(hops: Sequence[Hop]) -> str:
    """Return plain data: a line for each hop, so that it can be read and compared."""
    lines = [json.dumps(hop.in_words()._asdict()) for hop in hops]
    head = json.dumps({"format": FORMAT, "version": VERSION, "lost": lost(hops)})[:-1]
    return f'{head}, "hops": [\n' + ",\n".join(lines) + "\n]}\n"


KINDS: dict[str, Callable[[Sequence[Hop]], str]] = {
    ".svg": as_svg,
    ".trace.json": as_trace,
    ".json": as_data,
}
"""By suffix. The longer one of two comes first."""


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

    Raise `InvalidOption` if its name does not tell its kind; OSError if it cannot be written.
    """
    target = Path(path).resolve()  # a link stays a link
    text = _kind(Path(path))(hops)  # by the name that was given, as in `check`
    part = _part(target)
    try:
        part.write_text(text, encoding="utf-8", newline="\n")
        if target.exists():  # who may read it is not for us to change
            part.chmod(target.stat().st_mode)
        os.replace(part, target)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def read(path: str | Path) -> list[Hop]:
    """Read hops back that were written as plain data. Raise `InvalidOption` if it is none."""
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
    """Return where the file is made, in the directory in which it will be."""
    path = path.resolve()
    return path.with_name(f".{path.name}.{os.getpid()}.part")


def _item(text: str) -> Item:
    found = MESSAGE.fullmatch(text)
    return MessageId(int(found[1]), int(found[2])) if found else text


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
