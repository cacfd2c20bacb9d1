"""The colours of a diagram, in light and in dark.

Rule: a diagram contains its colours and its paper, so it can be read wherever it is put. The page
around it can say which theme it has, or set colours of its own: each is a variable,
`--diagram-ink` for `--ink`.
"""

from __future__ import annotations

LIGHT = {
    "paper": "#fffefb",
    "ink": "#1a222d",
    "soft": "#565f6e",
    "edge": "#e4e1d7",
    "rail": "#a9a79d",
    "track": "#f3f1ea",
    "box": "#d3d7dd",
    "bad": "#b3261e",
    "s1": "#0072b2",
    "s2": "#d55e00",
    "s3": "#00845f",
    "s4": "#b3589b",
    "s5": "#9a7400",
    "s6": "#3a8fc7",
}
DARK = {
    "paper": "#151d24",
    "ink": "#e6eaef",
    "soft": "#9aa6b4",
    "edge": "#2a3540",
    "rail": "#566472",
    "track": "#1c262f",
    "box": "#465461",
    "bad": "#ff9a90",
    "s1": "#56b4e9",
    "s2": "#f0803c",
    "s3": "#35c39a",
    "s4": "#e39bcb",
    "s5": "#e6c14a",
    "s6": "#8fd0f5",
}
SENDERS = 6
"""After this many clients the colours begin again. (Okabe and Ito's: colour-blind readers can tell
them apart.)"""

WAITS = "wait", "wait wait2", "wait wait3"
"""Styles of what a thread waits for, in the order in which they come up."""

ROOT = ".msgproxy-diagram"
"""Every rule starts with this selector, so none applies to the rest of the page."""

DARK_PAGES = '[data-theme="dark"]', '[data-jp-theme-light="false"]', ".dark"
LIGHT_PAGES = '[data-theme="light"]', '[data-jp-theme-light="true"]', ".light"
"""How pages say which theme they have: Furo, JupyterLab and others."""

RULES = """
{font-family:system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;color:var(--ink)}
text{fill:var(--ink)}
.mono{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
.paper{fill:var(--paper)} .t{font-size:17px;font-weight:650} .n{font-size:11.5px;font-weight:600}
.c{font-size:12px}
.q{font-size:11px;font-style:italic;fill:var(--soft)}
.d{font-size:10px} .d,.soft{fill:var(--soft)} .i{font-style:italic}
.k{font-size:11.3px} .bad{fill:var(--bad)}
.lane{stroke:var(--rail);stroke-width:1.2} .edge{stroke:var(--edge)}
.track{fill:var(--track)}
.box{fill:var(--box);stroke:var(--ink);stroke-width:1}
.wait{fill:var(--paper);stroke:var(--bad);stroke-width:1.6;stroke-dasharray:3 2}
.wait2{stroke:var(--s5);stroke-width:2.2;stroke-dasharray:1 3;stroke-linecap:round}
.wait3{stroke:var(--s4);stroke-width:1.6;stroke-dasharray:6 3}
.hold{fill:var(--track);stroke:var(--soft);stroke-width:1.2}
.over{stroke:var(--ink);stroke-width:2.4}
.go,.halo,.lead{fill:none;stroke-width:1.7}
.halo{stroke:var(--paper);stroke-width:4.5}
.lead{stroke-width:1.1;stroke-dasharray:1 3;stroke-linecap:round}
.late{opacity:.55}
.cross{fill:none;stroke:var(--bad);stroke-width:2}
.gap{fill:var(--paper)} .zig{fill:none;stroke:var(--rail);stroke-width:1.1}
"""


def css() -> str:
    """Return the style sheet."""
    light, dark = _variables(LIGHT), _variables(DARK)
    rules = [
        f"{ROOT}{{{light}}}",
        f"@media (prefers-color-scheme:dark){{{ROOT}{{{dark}}}}}",
        *(f"{page} {ROOT}{{{light}}}" for page in LIGHT_PAGES),
        *(f"{page} {ROOT}{{{dark}}}" for page in DARK_PAGES),
    ]
    for rule in RULES.replace("} .", "}\n.").strip().splitlines():
        selectors, _, body = rule.partition("{")
        names = selectors.split(",")
        rules.append(",".join(f"{ROOT} {name}".rstrip() for name in names) + "{" + body)
    for kind in ("none", *range(1, SENDERS + 1)):
        colour = "var(--soft)" if kind == "none" else f"var(--s{kind})"
        rules.append(f"{ROOT} .f{kind}{{fill:{colour}}}{ROOT} .l{kind}{{stroke:{colour}}}")
    return "".join(rules)


def colour(senders: set[int | None]) -> str:
    """Return the name of the colour for items of these clients: "none" if they are several."""
    if len(senders) != 1 or senders == {None}:
        return "none"
    [number] = senders
    assert number is not None
    return str((number - 1) % SENDERS + 1)


def _variables(colours: dict[str, str]) -> str:
    return "".join(f"--{name}:var(--diagram-{name},{value});" for name, value in colours.items())
