"""Which functions, lines and files of the package one message goes through, and one stop.

    python tests/proxy/measure_paths.py

Rule: it counts on a real run. A function counts if a thread of the server enters it, or is in it,
between a client's `send` and another's `receive` (or between `close` and its return). Its lines are
those of its code: no docstrings, comments or blank lines. A thread changes the file when it calls a
function of another file, or returns to one.
"""

from __future__ import annotations

import ast
import contextlib
import sys
import threading
from collections import defaultdict
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from simple_websocket import Client, ConnectionClosed

import msgproxy
from msgproxy import Server

PACKAGE = str(Path(msgproxy.__file__).parent)


class Trail:
    """What the server's threads enter while it is on."""

    def __init__(self) -> None:
        self.is_on = False
        self.functions: set[CodeType] = set()
        self.files: dict[str, list[str]] = defaultdict(list)
        """The files that a thread is in, one after the other, by the thread's name."""

    def trace(self, frame: FrameType, event: str, _: Any) -> Any:
        """Note a call. (`threading.settrace` calls it in each thread.)"""
        if not self.is_on:
            return self.trace
        if event in ("call", "return"):
            here: FrameType | None = frame if event == "call" else frame.f_back
            self._enter(here)
            while here:
                self._note(here)
                here = here.f_back
        return self.trace

    def _enter(self, frame: FrameType | None) -> None:
        if frame and frame.f_code.co_filename.startswith(PACKAGE):
            files = self.files[threading.current_thread().name]
            if not files or files[-1] != frame.f_code.co_filename:
                files.append(frame.f_code.co_filename)

    def _note(self, frame: FrameType) -> None:
        if frame.f_code.co_filename.startswith(PACKAGE):
            self.functions.add(frame.f_code)

    def __str__(self) -> str:
        functions = {(code.co_filename, code.co_firstlineno) for code in self.functions
                     if not code.co_name.startswith("<")}  # fmt: skip
        files = sorted({Path(name).relative_to(PACKAGE).as_posix() for name, _ in functions})
        lines = sum(_lines(name, first) for name, first in functions)
        changes = sum(len(files) - 1 for files in self.files.values())
        return (
            f"{len(functions)} functions, {lines} lines, {len(files)} files, "
            f"{changes} changes of file\n  {', '.join(files)}"
        )


def _lines(name: str, first: int) -> int:
    """Count the lines of code of the function that begins at a line."""
    text = Path(name).read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            begins = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            if begins == first:
                doc = node.body[0] if ast.get_docstring(node, clean=False) else None
                covered = range(doc.lineno, doc.end_lineno + 1) if doc else ()
                source = text.splitlines()
                return sum(
                    bool(source[n - 1].partition("#")[0].strip())
                    for n in range(node.lineno, node.end_lineno + 1)
                    if n not in covered
                )
    return 0


def main() -> None:
    """Trace one message and one stop, and print the figures."""
    message, stop = Trail(), Trail()

    def both(frame: FrameType, event: str, given: Any) -> Any:
        message.trace(frame, event, given)
        stop.trace(frame, event, given)
        return both

    threading.settrace(both)
    with Server(port=0) as server:
        url = server.url.replace("http", "ws")
        ada, bob = Client(url), Client(url)
        for text in ("a message to begin with", "the one that is traced"):
            message.is_on = text.startswith("the one")
            ada.send(text)
            bob.receive(timeout=10)
        message.is_on = False
        threading.settrace(None)  # type: ignore[arg-type]
        stop.is_on = True
        sys.settrace(both)
        server.close()
        sys.settrace(None)
    for client in (ada, bob):
        with contextlib.suppress(ConnectionClosed):  # the server has closed it
            client.close()
    print("one message:", message)
    print("one stop:", stop)


if __name__ == "__main__":
    main()
