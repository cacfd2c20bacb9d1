"""A canvas: the elements of an SVG picture, as text.

Rule: everything in it comes through `element`, which escapes it. What clients say may be hostile:
here it is text, and nothing else.
"""

from __future__ import annotations

import unicodedata
from xml.sax.saxutils import escape, quoteattr

CHARACTER = 0.61
"""Width of a character of a monospaced font, in parts of its size."""

UNPRINTABLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
COMBINING = {"Mn", "Me"}


def clean(text: str) -> str:
    """Return a text that is safe anywhere: no control characters, no stacks of accents."""
    kept: list[str] = []
    accents = 0
    for character in text:
        category = unicodedata.category(character)
        accents = accents + 1 if category in COMBINING else 0
        if category in UNPRINTABLE:
            kept.append("·")
        elif accents <= 2:
            kept.append(character)
    return "".join(kept)


def cells(text: str) -> int:
    """Return how wide a text is, in characters of a monospaced font."""
    return sum(_cells(character) for character in text)


def _cells(character: str) -> int:
    if unicodedata.category(character) in COMBINING:
        return 0
    # Characters that the font lacks come from another font, and may be wide.
    return 1 if ord(character) < 0x250 or character in "“”…µ·→" else 2


def shorten(text: str, width: int) -> str:
    """Return a text in one line, at most `width` cells wide."""
    text = clean(text)
    if cells(text) <= width:
        return text
    used = 0
    for place, character in enumerate(text):
        used += _cells(character)
        if used > width - 1:
            return text[:place] + "…"
    return text + "…"


def wrap(text: str, width: int) -> list[str]:
    """Break a text into lines of at most `width` cells."""
    lines = [""]
    for word in clean(text).split():
        if lines[-1] and cells(lines[-1]) + 1 + cells(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return [shorten(line, width) for line in lines]


def element(name: str, *inside: str, text: str = "", **attributes: object) -> str:
    """Return an element. `inside` are elements; `class_` is for "class", `_` for "-"."""
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}={quoteattr(_written(value))}"
        for key, value in attributes.items()
    )
    content = escape(clean(text)) + "".join(inside)
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def _written(value: object) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else clean(str(value))


Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


class Canvas:
    """What has been drawn, from the back to the front, and where there is room for a label."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._taken: list[Box] = []

    def add(self, name: str, *inside: str, text: str = "", **attributes: object) -> None:
        """Draw an element."""
        self.parts.append(element(name, *inside, text=text, **attributes))

    def line(self, x1: float, y1: float, x2: float, y2: float, class_: str, tip: str = "") -> None:
        """Draw a straight line. No label will cross it."""
        inside = [element("title", text=tip)] if tip else []
        self.add("path", *inside, d=f"M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}", class_=class_)
        # A slanted one takes more room than it needs.
        self.take(min(x1, x2) - 1, min(y1, y2) - 1, max(x1, x2) + 1, max(y1, y2) + 1)

    def rect(
        self, box: Box, class_: str, tip: str = "", *, round_: float = 0, solid: bool = True
    ) -> None:
        """Draw a rectangle. If it is solid, no label will cross it."""
        left, top, right, bottom = box
        inside = [element("title", text=tip)] if tip else []
        width, height = right - left, bottom - top
        self.add(
            "rect", *inside, x=left, y=top, width=width, height=height, rx=round_, class_=class_
        )
        if solid:
            self.take(*box)

    def text(self, x: float, y: float, text: str, class_: str, **attributes: object) -> None:
        """Write a line of text: `y` is that of its foot."""
        self.add("text", text=text, x=x, y=y, class_=class_, **attributes)

    def take(self, left: float, top: float, right: float, bottom: float) -> None:
        """Keep labels away from a place."""
        self._taken.append((left, top, right, bottom))

    def label(self, x: float, y: float, text: str, size: float, class_: str, anchor: str) -> bool:
        """Write a small text around the height `y`; return False if something is there already."""
        width = cells(text) * size * CHARACTER
        left = x - width if anchor == "end" else x
        box = (left - 1, y - size * 0.62, left + width + 1, y + size * 0.62)
        if any(_overlap(box, taken) for taken in self._taken):
            return False
        self.text(x, y + size * 0.35, text, class_, text_anchor=anchor)
        self.take(*box)
        return True


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
