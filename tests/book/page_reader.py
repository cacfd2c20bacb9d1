"""A reader of the tutorial: types what a page says, and compares what it says is printed.

Rule: a page is followed from its top to its bottom. What was started goes on while the page is in
another terminal: chats until another kind of command, servers until the page starts another one on
the same port, and all of it until the page ends. Then Ctrl-D ends the chats, Ctrl-C the rest.

Two things only are not as the page has them. Ports, behind `127.0.0.1:` and `--port`: in truth
each is a free one. And `…` on a page stands for what differs from time to time.
"""

from __future__ import annotations

import contextlib
import re
import shlex
import shutil
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from clients import PATIENCE
from page_commands import Command, commands
from ports import free_port
from programs import Chat, Program, is_as_shown, waits_for

LONG = 5
"""How many times as long as other waits a command may take that ends by itself."""

USUAL_PORT = "8765"
PORT = re.compile(r"(?<=127\.0\.0\.1:)[1-9]\d*|(?<=--port )[1-9]\d*")

PROGRAMS = {
    "python": [sys.executable],
    "python3": [sys.executable],
    "msgproxy": [sys.executable, "-m", "msgproxy"],
}


class Reader:
    """Follows pages in the folder where readers type. `close()` ends all that was started."""

    def __init__(self, folder: Path, patience: float = PATIENCE) -> None:
        self._folder = folder
        self._patience = patience
        self._ports: dict[str, str] = {}
        self._running: dict[str, tuple[Command, Program]] = {}
        self._chats: list[tuple[Command, Chat]] = []
        self._started = contextlib.ExitStack()
        self._do = {
            "chat": self._chat,
            "watch": self._watch,
            "server": self._serve,
            "end": self._run,
        }

    def close(self) -> None:
        self._started.close()

    def follow(self, path: Path) -> None:
        for command in commands(path):
            if not command.why_not:
                if command.kind not in ("chat", "watch"):
                    self._end_chats()
                words = shlex.split(PORT.sub(self._real_port, command.text))
                self._do[command.kind](command, words)
        self._end()

    def _run(self, command: Command, words: list[str]) -> None:
        """Run it to its end. Where the page shows nothing, it must just be no mistake."""
        program = self._start(command, words)
        if not waits_for(program.has_ended, LONG * self._patience):
            raise command.differs(f"{self._printed(program)}(and it does not end)")
        printed = self._printed(program)
        is_fine = program.process.returncode in (0, 1) and "Traceback" not in printed
        if not (is_as_shown(command.shown, printed) if command.shown else is_fine):
            raise command.differs(printed)

    def _serve(self, command: Command, words: list[str]) -> None:
        """Start it; wait for what the page shows, or else until it can be reached."""
        if "--port" not in words:
            words += ["--port", self._port(USUAL_PORT)]
        port = words[words.index("--port") + 1]
        if port in self._running:
            self._end()
        program = self._start(command, words)
        self._running[port] = command, program
        shown, _ = around_ctrl_c(command)

        def is_up() -> bool:
            if shown:
                return is_as_shown(shown, self._printed(program), begins=True)
            return is_reachable(port)

        self._until(is_up, command, program)

    def _watch(self, command: Command, words: list[str]) -> None:
        program = self._start(command, words)
        self._running[command.text] = command, program
        self._until(program.printed, command, program)

    def _until(self, condition: Callable[[], object], command: Command, program: Program) -> None:
        waits_for(lambda: condition() or program.has_ended(), self._patience)
        if not condition() or program.has_ended():
            raise command.differs(self._printed(program))

    def _chat(self, command: Command, words: list[str]) -> None:
        """Start it; wait for its prompt, unless the page shows that none comes."""
        chat = Chat(words[2:], list(command.shown), self._as_page)
        self._started.callback(chat.close)
        self._chats.append((command, chat))
        if chat.has_prompt:
            waits_for(lambda: chat.is_ready() or chat.has_ended(), self._patience)
            if not chat.is_ready():
                raise command.differs("\n".join(chat.rows()))

    def _end_chats(self) -> None:
        """Type into all chats what the page shows; then leave those that nobody else ends."""
        waits_for(self._are_done, self._patience)
        for command, chat in self._chats:
            if not chat.is_done():
                raise command.differs("\n".join(chat.rows()))
        for command, chat in self._chats:
            if not chat.last_words and not chat.leave():
                raise command.differs("\n".join(chat.rows()) + "(as it was left)")
        self._chats = [(command, chat) for command, chat in self._chats if chat.last_words]

    def _are_done(self) -> bool:
        done = [chat.is_done() for _, chat in self._chats]  # each of them goes on by a line
        return all(done)

    def _end(self) -> None:
        """End all that goes on. What the page shows behind `^C` has to be printed then."""
        self._end_chats()
        for command, program in reversed(self._running.values()):  # a client before its server
            if program.has_ended():
                raise command.differs(f"{self._printed(program)}(and it has ended by itself)")
            program.interrupt()
            if not waits_for(program.has_ended, self._patience):
                raise command.differs(f"{self._printed(program)}(and Ctrl-C does not end it)")
            printed, shown = self._printed(program), sum(around_ctrl_c(command), ())
            is_right = is_as_shown(shown, printed, begins="^C" not in command.shown)
            if not is_right or "Traceback" in printed:
                raise command.differs(printed)
        for command, chat in self._chats:
            waits_for(chat.has_ended, self._patience)
            if not (chat.has_ended() and chat.shows_it_all()):
                raise command.differs("\n".join(chat.rows()))
        self._running, self._chats = {}, []

    def _start(self, command: Command, words: list[str]) -> Program:
        name, *arguments = words
        if name not in PROGRAMS and not shutil.which(name):
            raise command.differs(f"(there is no {name} on this machine)")
        program = Program([*PROGRAMS.get(name, [name]), *arguments], self._folder)
        self._started.callback(program.close)
        return program

    def _real_port(self, match: re.Match[str]) -> str:
        return self._port(match[0])

    def _port(self, shown: str) -> str:
        """Return the free port that stands for a port of the page."""
        if shown not in self._ports:
            self._ports[shown] = str(free_port())
        return self._ports[shown]

    def _as_page(self, text: str) -> str:
        """Put the page's ports in the place of those that are used."""
        shown = {real: port for port, real in self._ports.items()}
        return PORT.sub(lambda match: shown.get(match[0], match[0]), text)

    def _printed(self, program: Program) -> str:
        return self._as_page(program.printed())


def around_ctrl_c(command: Command) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Split what a page shows at the line `^C`, as a terminal shows the key."""
    if "^C" not in command.shown:
        return command.shown, ()
    place = command.shown.index("^C")
    return command.shown[:place], command.shown[place + 1 :]


def is_reachable(port: str) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", int(port)), 1):
        return True
    return False
