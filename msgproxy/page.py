"""The demo page: HTML, style and script as one response, and the headers that go with it.

Rule: the browser runs exactly the style and the script of this package. They are inlined,
since the server answers `GET /` and nothing else, and the policy names each by its hash: a
script that somebody smuggles in through a message has another hash, and does not run.
"""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.resources import files

STYLE = re.compile(r'<link rel="stylesheet" href="(?P<file>[\w.]+)">')
SCRIPT = re.compile(r'<script type="module" src="(?P<file>[\w.]+)"></script>')


def _read(file: str) -> str:
    return (files("msgproxy") / "web" / file).read_text(encoding="utf-8")


def _inline(page: str, tag: re.Pattern[str], element: str, opening: str) -> tuple[str, str]:
    """Put the content of each file that a `tag` names into the page; return also their hashes."""
    hashes = []

    def content(match: re.Match[str]) -> str:
        text = _read(match["file"])
        assert f"</{element}" not in text, f"{match['file']} would end its element too early"
        hashes.append(_hash(text))
        return f"{opening}{text}</{element}>"

    return tag.sub(content, page), " ".join(hashes)


def _hash(content: str) -> str:
    """Return the source expression by which a policy lets `content` in, and nothing else."""
    digest = hashlib.sha256(content.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _build() -> tuple[str, str]:
    """Return the page and its Content-Security-Policy."""
    page, styles = _inline(_read("index.html"), STYLE, "style", "<style>")
    page, scripts = _inline(page, SCRIPT, "script", '<script type="module">')
    policy = {
        "default-src": "'none'",
        "script-src": scripts,
        "style-src": styles,
        "connect-src": "'self'",  # the WebSocket too: same host, same port
        "img-src": "data:",  # the icon, so that the browser does not ask for /favicon.ico
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",  # innerHTML with a string is an error
        "trusted-types": "'none'",
    }
    return page, "; ".join(f"{name} {value}" for name, value in policy.items())


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
