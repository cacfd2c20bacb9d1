"""The prose of the repository: what people read, without code.

Rule: a file goes in, and fragments come out, each with the number of its line: sentences of a
page, a table's cells, docstrings, comments. What is in backticks is code, and becomes one `x`.
"""

from __future__ import annotations

import ast
import inspect
import io
import json
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

CODE_BLOCK = re.compile(r"^ *(`{3,})(?!\{(?:admonition|figure|note|tip|warning))")
START = re.compile(r"[|:#=<{]|[-*] |-{3}")
"""What begins something other than a line of a paragraph."""
ITEM = re.compile(r"[:*-] +(.*)")
INLINE_CODE = re.compile(r"``.+?``|`[^`]+`(?:<[^>]+>`)?")
LINK = re.compile(r"\]\([^)]*\)|<https?:[^>]*>")
END_OF_SENTENCE = re.compile(r"(?<=[.?!:;])[)*_”\"]*\s+")


class Sentence(NamedTuple):
    """A sentence, or a part of one between colons, or a cell of a table."""

    line: int
    text: str


def sentences(path: Path) -> Iterator[Sentence]:
    """Yield the prose of a page, a notebook or a Python file."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        yield from of_python(text)
    elif path.suffix == ".ipynb":
        for cell in json.loads(text)["cells"]:
            source = "".join(cell["source"])
            yield from of_page(source) if cell["cell_type"] == "markdown" else ()
    else:
        yield from of_page(text)


def of_page(text: str, start: int = 1) -> Iterator[Sentence]:
    """Yield the sentences of Markdown, and of docstrings, which are written like it."""
    paragraph: list[tuple[int, str]] = []
    for number, line in without_code(text, start):
        if not START.match(line) and line:
            paragraph.append((number, line))
            continue
        yield from split(paragraph)
        paragraph = []
        if line.startswith("|"):
            for cell in line.strip("|").split("|"):
                yield from split([(number, cell)])
        elif item := ITEM.match(line):
            paragraph = [(number, item[1])]
    yield from split(paragraph)


def without_code(text: str, start: int) -> Iterator[tuple[int, str]]:
    """Yield lines with their numbers: code between fences, or after `::`, is an empty line."""
    fence, literal = "", -1
    for number, line in enumerate(text.splitlines(), start):
        stripped, indent = line.strip(), len(line) - len(line.lstrip())
        is_code = bool(fence) or (literal >= 0 and (indent > literal or not stripped))
        if fence:
            fence = "" if stripped == fence else fence
        elif opened := CODE_BLOCK.match(line):
            fence, is_code = opened[1], True
        elif not is_code:
            literal = indent if stripped.endswith("::") else -1
        yield number, "" if is_code else stripped


def of_python(text: str) -> Iterator[Sentence]:
    """Yield the sentences of docstrings, of strings below attributes, and of comments."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Expr(ast.Constant(str(docstring))):
                yield from of_page(inspect.cleandoc(docstring), node.lineno)
    comments: list[tuple[int, str]] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and not token.string.startswith(("# noqa", "# type")):
            if comments and comments[-1][0] + 1 != token.start[0]:
                yield from split(comments)
                comments = []
            comments.append((token.start[0], token.string.lstrip("# ").partition("# noqa")[0]))
    yield from split(comments)


def split(lines: list[tuple[int, str]]) -> Iterator[Sentence]:
    """Yield the sentences of a paragraph."""
    if not lines:
        return
    text = clean("\n".join(line for _, line in lines))
    numbers = [
        number
        for (number, _), line in zip(lines, text.split("\n"), strict=True)
        for _ in line.split()
    ]
    at = 0
    for sentence in filter(None, END_OF_SENTENCE.split(" ".join(text.split()))):
        yield Sentence(numbers[at], sentence)
        at += len(sentence.split())


def clean(text: str) -> str:
    """Return prose with `x` for code, and without links and emphasis."""
    text = INLINE_CODE.sub(lambda code: "x" + "\n" * code[0].count("\n"), text)
    return LINK.sub("", text).replace("*", "").replace("[", "")
