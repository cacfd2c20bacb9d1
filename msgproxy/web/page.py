"""The demo page: HTML, styles and scripts as one response, and the headers that go with it.

Rule: the browser runs the styles and the scripts of this package, and nothing else. They are
inlined, since the server answers `GET /` only, and the policy names them by their hash: a script
that somebody smuggles in through a message has another hash, and does not run.

The scripts are modules, but one that is inlined has no address from which another could import
it. So they become one: in the order of their tags, without the words `import` and `export`. A
name at the top level of one is therefore taken in all of them.
"""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.resources import files

STYLE = re.compile(r'<link rel="stylesheet" href="([\w./]+)">')
SCRIPT = re.compile(r'<script type="module" src="([\w./]+)"></script>')

IMPORT = re.compile(r'^import \{[^}]+\} from "\.{1,2}/[\w./]+";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:const|let|function|async function|class)\b)", re.MULTILINE)


def _read(file: str) -> str:
    return (files("msgproxy") / "web" / file).read_text(encoding="utf-8")


def _one_module(text: str) -> str:
    return EXPORT.sub("", IMPORT.sub("", text))


def _inline(page: str, tag: re.Pattern[str], opening: str, text: str, closing: str) -> str:
    """Put one element in the place of the first `tag`, and nothing in that of the others."""
    assert closing not in text, f"a file would end its element too early, by {closing}"
    elements = iter([opening + text + closing])
    return tag.sub(lambda _: next(elements, ""), page)


def _hash(content: str) -> str:
    """Return the source expression by which a policy allows `content`, and nothing else."""
    digest = hashlib.sha256(content.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _build() -> tuple[str, str]:
    """Return the page and its Content-Security-Policy."""
    page = _read("index.html")
    style = "\n".join(map(_read, STYLE.findall(page)))
    script = _one_module("\n".join(map(_read, SCRIPT.findall(page))))
    page = _inline(page, STYLE, "<style>", style, "</style>")
    page = _inline(page, SCRIPT, '<script type="module">', script, "</script>")
    policy = {
        "default-src": "'none'",
        "script-src": _hash(script),
        "style-src": _hash(style),
        "connect-src": "'self'",  # the WebSocket too: same host, same port
        "img-src": "data:",  # the icon, so that the browser does not ask for /favicon.ico
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",  # innerHTML with a string is an error
        "trusted-types": "'none'",
    }
    return page, "; ".join(f"{name} {value}" for name, value in policy.items())


def page(*, echo: bool) -> bytes:
    """Return the page of a server.

    It must know of `--echo`, since another client may say the same words, in the same name.
    """
    return PAGE.replace(b"<body ", b"<body data-echo ", 1) if echo else PAGE


_page, _policy = _build()

PAGE: bytes = _page.encode()
PAGE_HEADERS: tuple[tuple[str, str], ...] = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Security-Policy", _policy),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cache-Control", "no-store"),  # after an update a reload shows the new page
)
