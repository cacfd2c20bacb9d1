"""The difference of two texts, line by line, with the gaps between.

Rule: this does not know Sphinx; `stepdiff` shows what it finds.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from itertools import groupby
from typing import NamedTuple

CONTEXT = 3
"""Unchanged lines that are shown before and after what changes."""


Ranges = list[range] | None


class Row(NamedTuple):
    """A line of the diff. Lines are counted from 1; what is unchanged counts as new."""

    kind: str  # "del", "ins", "same" or "fold"
    number: int
    text: str


def is_in(row: Row, old: Ranges, new: Ranges) -> bool:
    """Tell whether a line belongs to what is asked for."""
    ranges = old if row.kind == "del" else new
    return ranges is None or any(row.number in lines for lines in ranges)


def compare(old: str, new: str) -> list[Row]:
    """Return all lines of both texts, each that they share once."""
    before, after = old.splitlines(), new.splitlines()
    rows = []
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for kind, start, end, new_start, new_end in matcher.get_opcodes():
        if kind != "equal":
            rows += [Row("del", n + 1, before[n]) for n in range(start, end)]
        kept = "same" if kind == "equal" else "ins"
        rows += [Row(kept, n + 1, after[n]) for n in range(new_start, new_end)]
    return rows


def fold(rows: list[Row], is_wanted: Callable[[Row], bool]) -> list[Row]:
    """Keep what changes and what is around it; one line stands for each gap."""
    wanted = [place for place, row in enumerate(rows) if is_wanted(row)]
    changes = [place for place in wanted if rows[place].kind != "same"]
    near = {n for place in changes for n in range(place - CONTEXT, place + CONTEXT + 1)}
    shown = near.intersection(wanted)
    result: list[Row] = []
    for is_shown, places in groupby(range(len(rows)), shown.__contains__):
        part = [rows[place] for place in places]
        is_unchanged = all(row.kind == "same" for row in part)
        if is_shown or (is_unchanged and len(part) == 1):  # the line is as short as its stand-in
            result += part
        else:
            text = f"⋯ {len(part)} lines as before" if is_unchanged else "⋯"
            result.append(Row("fold", 0, text))
    return result if shown else []
