"""Which functions, lines and files of the package one message goes through, and one stop.

    python tests/proxy/measure_paths.py             # the figures
    python tests/proxy/measure_paths.py --functions # and each function with its lines

Rule: it counts on a real run, and strictly. A function counts if a thread of the server enters it,
or is in it, between a client's `send` and another's `receive` (or between `close` and its return).
The stacks of threads that only wait count, too. After a message it goes on for `SETTLING` seconds,
to see what threads do when a timeout wakes them. A thread changes the file when it calls a
function of another file, or returns to one.

Lines are counted twice: those of the code, and all lines of the functions, with their docstrings,
comments and blank lines.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from simple_websocket import Client, ConnectionClosed

import msgproxy
from msgproxy import Server

PACKAGE = str(Path(msgproxy.__file__).parent)

SETTLING = 2.5
"""Seconds. Longer than any timeout with which a server's thread waits, but for the keepalive's."""


class Trail:
    """What the server's threads enter, or are in, while it is on."""

    def __init__(self) -> None:
        self.is_on = False
        self.functions: set[CodeType] = set()
        self.files: dict[int, list[str]] = defaultdict(list)
        """The files that a thread is in, one after the other, by the thread's number."""

    def begin(self) -> None:
        """Note where all threads are, and what they enter from now on."""
        self._note_stacks()
        self.is_on = True

    def end(self) -> None:
        """Note where all threads are, and nothing more."""
        self.is_on = False
        self._note_stacks()

    def _note_stacks(self) -> None:
        for number, frame in sys._current_frames().items():
            self._note(number, frame)

    def trace(self, frame: FrameType, event: str, _: Any) -> Any:
        """Note a call. (`threading.settrace` calls it in each thread.)"""
        if self.is_on and event in ("call", "return"):
            self._note(threading.get_ident(), frame if event == "call" else frame.f_back)
        return self.trace

    def _note(self, number: int, frame: FrameType | None) -> None:
        """Note the stack of a thread. It is in the file of its innermost frame of the package."""
        stack = [code for code in _stack(frame) if code.co_filename.startswith(PACKAGE)]
        self.functions.update(stack)
        files = self.files[number]
        if stack and files[-1:] != [stack[0].co_filename]:
            files.append(stack[0].co_filename)

    def sizes(self) -> dict[str, tuple[int, int]]:
        """Return the lines of code and all lines of each function, by its file and name."""
        return {
            f"{_relative(code.co_filename)}:{code.co_qualname}": _lines(code)
            for code in self.functions
            if not code.co_name.startswith("<")
        }

    def __str__(self) -> str:
        sizes = self.sizes()
        files = sorted({_relative(code.co_filename) for code in self.functions})
        changes = sum(len(files) - 1 for files in self.files.values() if files)
        return (
            f"{len(sizes)} functions, {sum(code for code, _ in sizes.values())} lines of code "
            f"({sum(whole for _, whole in sizes.values())} with docstrings and comments), "
            f"{len(files)} files, {changes} changes of file\n  {', '.join(files)}"
        )


def _stack(frame: FrameType | None) -> Iterator[CodeType]:
    while frame:
        yield frame.f_code
        frame = frame.f_back


def _relative(name: str) -> str:
    return Path(name).relative_to(PACKAGE).as_posix()


def _lines(code: CodeType) -> tuple[int, int]:
    """Count the lines of code of a function, and all of its lines."""
    text = Path(code.co_filename).read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            if first == code.co_firstlineno:
                doc = node.body[0] if ast.get_docstring(node, clean=False) else None
                said = range(doc.lineno, (doc.end_lineno or 0) + 1) if doc else ()
                whole = range(node.lineno, (node.end_lineno or 0) + 1)
                bare = [line.partition("#")[0].strip() for line in text.splitlines()]
                return sum(bool(bare[n - 1]) for n in whole if n not in said), len(whole)
    raise LookupError(f"no function begins in line {code.co_firstlineno} of {code.co_filename}")


def measure() -> dict[str, Trail]:
    """Trace one message and one stop."""
    message, stop = Trail(), Trail()

    def both(frame: FrameType, event: str, given: Any) -> Any:
        message.trace(frame, event, given)
        stop.trace(frame, event, given)
        return both

    threading.settrace(both)
    with Server(port=0) as server:
        url = server.url.replace("http", "ws")
        ada, bob = Client(url), Client(url)
        ada.send("a message to begin with")
        bob.receive(timeout=10)
        time.sleep(SETTLING)  # what the first message has woken is at rest again
        message.begin()
        ada.send("the one that is traced")
        bob.receive(timeout=10)
        time.sleep(SETTLING)
        message.end()
        threading.settrace(None)  # type: ignore[arg-type]
        sys.settrace(both)
        stop.begin()
        server.close()
        stop.end()
        sys.settrace(None)
    for client in (ada, bob):
        with contextlib.suppress(ConnectionClosed):  # the server has closed it
            client.close()
    return {"one message": message, "one stop": stop}


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="Measure the path of a message and of a stop.")
    parser.add_argument("--functions", action="store_true", help="list the functions, too")
    with_functions = parser.parse_args().functions
    for name, trail in measure().items():
        print(f"{name}: {trail}")
        for function, (code, whole) in sorted(trail.sizes().items()) if with_functions else ():
            print(f"  {code:4} {whole:4}  {function}")


if __name__ == "__main__":
    main()
