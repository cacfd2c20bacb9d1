"""How options are written on the command line.

Rule: each function takes the text of an option and returns its value, or raises
`ArgumentTypeError` with what was expected; argparse makes one line of it, and status 2.
"""

from __future__ import annotations

import math
from argparse import ArgumentTypeError
from collections.abc import Callable
from typing import Any

from msgproxy.errors import InvalidOption
from msgproxy.limits import LONGEST
from msgproxy.protocol.hosts import parse_origin

MOST = 10**9

UNITS = {"k": 1024, "m": 1024**2, "g": 1024**3}


def port(text: str) -> int:
    """A TCP port; 0 means any free port."""
    if text.isascii() and text.isdigit() and int(text) <= 65535:
        return int(text)
    raise ArgumentTypeError(f"{text!r} is not a port: a number from 0 to 65535")


def count(text: str) -> int:
    """A whole number above 0. Larger ones than a billion the system could not take."""
    if text.isascii() and text.isdigit() and 0 < int(text) <= MOST:
        return int(text)
    raise ArgumentTypeError(f"{text!r} is not a whole number from 1 to {MOST}")


def size(text: str) -> int:
    """A number of bytes above 0; K, M and G mean KiB, MiB and GiB."""
    digits, unit = (text[:-1], text[-1].lower()) if text[-1:].isalpha() else (text, "")
    if digits.isascii() and digits.isdigit() and int(digits) > 0 and unit in ("", *UNITS):
        return int(digits) * UNITS.get(unit, 1)
    raise ArgumentTypeError(f"{text!r} is not a size: bytes such as 65536, or 64K, 16M, 1G")


def seconds(text: str) -> float:
    """A time above 0, of a day at most: longer ones are too long for the system's timers."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if 0 < value <= LONGEST:
        return value
    if value > LONGEST:
        raise ArgumentTypeError(f"{text!r} is too long: {LONGEST:g} seconds at most")
    raise ArgumentTypeError(f"{text!r} is not a number of seconds above 0")


def origin(text: str) -> str:
    """The origin of a page, as browsers send it: scheme, host, and port if any."""
    try:
        return parse_origin(text)
    except InvalidOption as error:
        raise ArgumentTypeError(str(error)) from None


UNIT: dict[Callable[[str], Any], str] = {count: "N", size: "BYTES", seconds: "SECONDS"}
"""The placeholder of the value in the help, by the kind of option."""


def show(value: float, kind: Callable[[str], Any]) -> str:
    """Write a value as a user types it."""
    if kind is size:
        for letter, factor in reversed(UNITS.items()):
            if value % factor == 0:
                return f"{value // factor:g}{letter.upper()}"
    return f"{value:g}"


def show_at_least(smallest: int) -> str:
    """Write the smallest size in whole KiB that is not less, as a user types it."""
    kib = UNITS["k"]
    return show(-(-smallest // kib) * kib, size)
