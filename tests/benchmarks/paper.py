"""Pictures for light and for dark paper.

Rule: nobody who draws names a colour, only what it is for. The paper itself is transparent. In a
PNG the colours lie in the middle between light and dark; an SVG has a set for each, and the
system of the reader chooses.
"""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

INK, FAINT, LINE, FIRST, SECOND = "#77828e", "#85909c", "#98a3ae", "#2b9994", "#c9822d"
PALETTE = {
    INK: ("ink", "#1f2933", "#e5e9ee"),
    FAINT: ("faint", "#66727e", "#9aa5b1"),
    LINE: ("line", "#b8c0c9", "#4b5763"),
    FIRST: ("first", "#0b666d", "#5eccc6"),
    SECOND: ("second", "#b45309", "#f0a84b"),
}
"""Each colour of the middle: its name, and what it is on light and on dark paper."""

STYLE = {
    "font.sans-serif": ["DejaVu Sans"],  # which matplotlib brings; only for an SVG another one
    "font.size": 8.5,
    "text.color": INK,
    "axes.labelcolor": FAINT,
    "axes.edgecolor": LINE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.labelsize": 8.5,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": LINE,
    "grid.alpha": 0.35,
    "grid.linewidth": 0.6,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": FAINT,
    "ytick.labelcolor": FAINT,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
    "lines.linewidth": 2,
    "lines.markersize": 4.5,
    "svg.fonttype": "none",  # text stays text, in whatever font the reader has
    "svg.hashsalt": "msgproxy",  # the same figures make the same file
}

UNSAID = ("Creator", "Date", "Format", "Type")
"""What an SVG would say about how it was made: then each one would differ from the last."""


def save(picture: Any, file: Path) -> None:
    """Write the file; into an SVG, put colours for both kinds of paper, and a common font."""
    if file.suffix != ".svg":
        picture.savefig(file, transparent=True, dpi=200)
        return
    drawing = io.StringIO()
    picture.savefig(drawing, format="svg", transparent=True, metadata=dict.fromkeys(UNSAID))
    file.write_text(with_two_palettes(drawing.getvalue()))


def with_two_palettes(svg: str) -> str:
    """Replace the colours of the middle by names, and say what they are on which paper."""
    light = "; ".join(f"--{name}: {colour}" for name, colour, _ in PALETTE.values())
    dark = "; ".join(f"--{name}: {colour}" for name, _, colour in PALETTE.values())
    style = (
        f"<style>svg {{ {light} }} text {{ font-family: system-ui, sans-serif !important }}\n"
        f"@media (prefers-color-scheme: dark) {{ svg {{ {dark} }} }}</style>"
    )
    for colour, (name, _, _) in PALETTE.items():
        svg = svg.replace(colour, f"var(--{name})")
    return re.sub(r"(<svg[^>]*>)", rf"\1\n{style}", svg, count=1)
