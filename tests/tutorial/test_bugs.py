"""Find the bug: each program is noticed by a test, and the step that it comes from is not.

Rule: the servers run as programs of their own, and are looked at as a reader can look at them:
with the checker, as clients, and from the system.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import simple_websocket
from clients import BINARY, CLOSE, PATIENCE, TEXT, RawClient, encode_frame, wait_for
from process import without_dev_mode

from msgproxy import Server

TOP = Path(__file__).parents[2]
BUGS = sorted((TOP / "tutorial" / "bugs").glob("bug*.py"))
OF_A_STEP = [bug for bug in BUGS if "\nThis is step " in bug.read_text()]
STEPS = TOP / "tutorial" / "steps"

MOST = 30
"""Lines that differ from the step, so that the difference can be read at once."""

QUIET = 3.0
"""Seconds without anything, after which nothing comes any more."""

CHECKED = {
    "bug01": ("forwards", "B got nothing"),
    "bug02": ("forwards", "got nothing"),
    "bug03": ("comes-and-goes", "got '[1-9]"),
    "bug04": ("forwards", "got nothing"),
    "bug06": ("comes-and-goes", "E got nothing"),
    "bug07": ("comes-and-goes", "got '[1-9]"),
    "bug08": ("comes-and-goes", r"got '0\\n1"),
    "bug10": ("one-order", "got nothing"),
}
"""What the checker finds, and in which words."""

pytestmark = pytest.mark.timeout(10 * PATIENCE)


class Running(NamedTuple):
    process: subprocess.Popen[str]
    url: str
    errors: list[str]
    is_bug: bool

    def threads(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/task"))


@contextlib.contextmanager
def running(path: Path, *options: str, interval: float | None = None) -> Iterator[Running]:
    """Run a server, with other seconds between pings if they matter."""
    code = (
        f"import sys; sys.path[:0] = {[str(path.parent), str(TOP)]}; import {path.stem} as step\n"
    )
    code += f"step.PING_INTERVAL = {interval}\n" if interval else ""
    command = [sys.executable, *options, "-c", f"{code}step.main()", "--port", "0"]
    pipe = subprocess.PIPE
    errors: list[str] = []
    env = without_dev_mode()  # only what the options say
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=env) as process:
        try:
            url = process.stdout.readline().removeprefix("ready: ").strip()
            listener = threading.Thread(target=lambda: errors.extend(process.stderr))
            listener.start()
            yield Running(process, url, errors, path in BUGS)
        finally:
            process.kill()
            listener.join(PATIENCE)


def step_of(bug: Path) -> Path:
    number = re.findall(r"^This is step (\d+) ", bug.read_text(), re.MULTILINE)[0]
    [step] = STEPS.glob(f"step{int(number):02}_*.py")
    return step


@pytest.mark.parametrize("bug", OF_A_STEP, ids=lambda path: path.stem)
def test_a_bug_is_a_small_difference_to_a_step(bug: Path) -> None:
    old, new = (path.read_text().splitlines() for path in (step_of(bug), bug))
    changed = [
        line for line in difflib.unified_diff(old, new, n=0) if re.match("[+-](?![+-])", line)
    ]
    assert 0 < len(changed) <= 2 * MOST


@pytest.mark.parametrize("bug", BUGS, ids=lambda path: path.stem)
def test_a_bug_says_what_one_sees_and_is_noticed_by_a_test(bug: Path) -> None:
    assert bug.read_text().startswith(f'"""Find the bug {int(bug.stem[3:])}: ')
    assert bug.stem in CHECKED or f"test_{bug.stem}" in globals()


@pytest.mark.parametrize("name", CHECKED)
def test_the_checker_finds_it(name: str) -> None:
    behaviour, instead = CHECKED[name]
    command = [sys.executable, "-m", "msgproxy", "check", "--run", f"tutorial/bugs/{name}.py"]
    command += ["--only", behaviour, "--patience", f"{QUIET:g}", "--", "--port", "0"]
    done = subprocess.run(
        command, cwd=TOP, capture_output=True, text=True, timeout=8 * PATIENCE, check=False
    )
    assert done.returncode == 1, done.stdout
    found = re.search(r"instead: +(.*?)\n +read:", done.stdout, flags=re.DOTALL)
    assert re.search(instead, " ".join(found[1].split())), done.stdout


def only_in(name: str, is_seen: Callable[[Running], bool], **how: float) -> None:
    """Look for a symptom in a bug and in its step: it is in the first, and not in the second."""
    bug = TOP / "tutorial" / "bugs" / f"{name}.py"
    for path, expected in ((bug, True), (step_of(bug), False)):
        with running(path, **how) as server:
            assert is_seen(server) is expected, path.name


def test_bug05() -> None:
    """Two clients that answer all pings and say nothing: neither is dropped.

    In the bug it is the one whose silence is noticed last.
    """
    interval = 5.0  # a busy machine answers in that time

    def is_dropped(server: Running) -> bool:
        clients = [simple_websocket.Client(server.url) for _ in range(2)]
        deadline = time.monotonic() + (PATIENCE if server.is_bug else 2.5 * interval)
        try:
            while time.monotonic() < deadline:
                for client in clients:
                    client.receive(timeout=0.1)
        except simple_websocket.ConnectionClosed:
            return True
        finally:
            for client in clients:
                with contextlib.suppress(simple_websocket.ConnectionClosed):
                    client.close()
                client.thread.join(PATIENCE)
        return False

    only_in("bug05", is_dropped, interval=interval)


def test_bug09() -> None:
    """Bob asks for the time while a large message is on its way to him."""
    large = bytes(20_000_000)

    def is_torn(server: Running) -> bool:
        with RawClient(server.url) as ann, RawClient(server.url, receive_buffer=50_000) as bob:
            greet(ann, bob)
            ann.send(large)
            bob.socket.recv(1)  # it is on its way
            bob.send("/time")
            threading.Event().wait(0.5)  # nothing is missed if that is too short: it only waits
            bob.buffer = b"\x82" + bob.buffer
            _, opcode, payload = bob.receive_frame()
            return (opcode, payload) != (BINARY, large)

    only_in("bug09", is_torn)


def greet(speaker: RawClient, listener: RawClient) -> None:
    """Speak until the other one has joined, and has heard everything."""
    listener.socket.settimeout(0.2)
    for _ in range(100):
        speaker.send("hello")
        with contextlib.suppress(TimeoutError):
            listener.receive()
            break
    listener.socket.settimeout(PATIENCE)
    speaker.send("welcome")
    while listener.receive() != "welcome":
        pass


def test_bug11() -> None:
    """Four clients talk as fast as they can, and others are cut off: they leave just then."""
    said = encode_frame(TEXT, b"x") * 5000

    def is_silent(server: Running) -> bool:
        for _ in range(10 if server.is_bug else 1):  # rarely more than one is needed
            with contextlib.ExitStack() as clients:
                *_, a, b, c, d = (clients.enter_context(RawClient(server.url)) for _ in range(24))
                for talker in (a, b, c, d):
                    talker.socket.sendall(said)
                if not hears_to_the_end(d):
                    return True
        return False

    only_in("bug11", is_silent, interval=3600)


def hears_to_the_end(talker: RawClient) -> bool:
    """Say whether something comes all the time, until a client has heard enough or is cut off."""
    with contextlib.suppress(EOFError, ConnectionError):
        try:
            for _ in range(1000):
                talker.receive()
        except TimeoutError:
            return False
    return True


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="the threads are counted there")
def test_bug12() -> None:
    """Clients that do not read send a Close frame, and keep their end open."""

    def leaves_threads(server: Running) -> bool:
        with contextlib.ExitStack() as clients:
            ann, bob = (clients.enter_context(RawClient(server.url)) for _ in range(2))
            greet(ann, bob)
            before = server.threads()
            mute = clients.enter_context(RawClient(server.url, receive_buffer=4096))
            greet(ann, mute)
            # One message: of a small one, the rest may just fit when the client acknowledges some.
            ann.send(bytes(20_000_000))
            mute.socket.recv(1)  # it is on its way
            mute.send_frame(CLOSE)
            try:
                patience = QUIET if server.is_bug else PATIENCE
                wait_for(lambda: server.threads() <= before, patience=patience)
            except AssertionError:
                return True
            return False

    only_in("bug12", leaves_threads, interval=3600)


def test_bug13() -> None:
    """Under `-X dev`, and only then, the guard says which thread went astray."""
    bug = TOP / "tutorial" / "bugs" / "bug13.py"
    with running(bug, "-X", "dev") as server, RawClient(server.url) as ann:
        ann.send("hello")
        wait_for(lambda: any("WrongThread" in line for line in server.errors))
    with running(bug) as server, RawClient(server.url) as ann:
        ann.send("hello")
        assert any("waiting: [0]" in report for report in server.process.stdout)
    assert server.errors == []


def test_bug14() -> None:
    """Clients say something and leave, in one go; without the queue, all of it is received."""
    rounds = 10
    with running(TOP / "tutorial" / "bugs" / "bug14.py") as server:
        assert last_words(server.url, rounds) < rounds
    with Server(port=0) as server:
        assert last_words(server.url, rounds) == rounds


def test_the_recording_of_bug14_shows_what_is_missing() -> None:
    program = [sys.executable, "tutorial/bugs/recorded.py"]
    done = subprocess.run(
        program, cwd=TOP, capture_output=True, encoding="utf-8", timeout=2 * PATIENCE, check=True
    )
    hops = [line.split(maxsplit=5)[2:] for line in done.stdout.splitlines()]
    assert ["broker", "got", "inbound", "left 2, 2.1"] in hops
    assert ["broker", "put", "outbound-2", "close"] in hops
    assert not [hop for hop in hops if hop[:3] == ["broker", "put", "outbound-1"]]


def last_words(url: str, rounds: int) -> int:
    """Let clients speak and leave; return how many of them a listener has received."""
    with RawClient(url) as ann:
        for _ in range(rounds):
            with RawClient(url) as bot:
                bot.socket.sendall(encode_frame(TEXT, b"bye") + encode_frame(CLOSE, b"\x03\xe8"))
                bot.receive_close()
        with RawClient(url) as bob:
            bob.send("that was all")
            return sum(message == "bye" for message in iter(ann.receive, "that was all"))


def test_the_page_has_each_bug_and_the_step_that_repairs_it() -> None:
    page = (TOP / "tutorial" / "bugs.md").read_text(encoding="utf-8")
    shown = re.findall(r"^```\{stepdiff\} bugs/(\w+)\.py steps/(\w+)\.py$", page, re.MULTILINE)
    assert shown == [(bug.stem, step_of(bug).stem) for bug in OF_A_STEP]
    assert re.findall(r"\{source\}`tutorial/bugs/(bug\d+)\.py`", page) == [bug.stem for bug in BUGS]
    for name, (behaviour, _) in CHECKED.items():
        assert f"--run tutorial/bugs/{name}.py --only {behaviour} " in " ".join(page.split())
