"""`msgproxy check`: what it says when a server is fine, and when it is not."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from clients import PATIENCE, PROGRAM_PATIENCE
from websockets.sync.server import ServerConnection, serve

from msgproxy.check.behaviours import load as check_load
from msgproxy.check.behaviours.catalogue import NAMES
from msgproxy.cli.main import main

STEPS = Path(__file__).parents[2] / "tutorial" / "steps"


@contextmanager
def answering(answer: bytes):
    """A server that says one thing to everyone, and waits until they hang up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            while True:
                try:
                    sock, _ = listener.accept()
                except OSError:
                    return
                with sock:
                    sock.settimeout(PATIENCE)
                    if sock.recv(4096) and answer:
                        sock.sendall(answer)
                    while sock.recv(4096):
                        pass

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(PATIENCE)


def verdicts(output: str) -> list[tuple[str, str]]:
    """Return verdict and name of each behaviour."""
    return re.findall(r"^(ok|FAILED|skipped) +(\S+)", output, flags=re.MULTILINE)


def words(output: str) -> str:
    """Return the text without its line breaks."""
    return " ".join(output.split())


# A server that is fine.


def test_the_package_has_all_behaviours(capsys, monkeypatch):
    monkeypatch.setattr(check_load, "ROUNDS", 2)
    monkeypatch.setattr(check_load, "AT_LEAST", 0)
    # Not much less: it also is the time that a client has that does not read for a while.
    options = ["--port", "0", "--ping-interval", "1", "--ping-timeout", "8"]
    patience = ["--patience", str(PATIENCE)]
    status = main(["check", "--run", "-m msgproxy", *patience, "--", *options])
    output = capsys.readouterr().out
    assert status == 0, output
    assert verdicts(output) == [("ok", name) for name in NAMES]
    assert output.endswith(f"{len(NAMES)} ok\n")


def test_of_a_url_the_end_is_not_checked(capsys, server):
    status = main(["check", "--only", "repeats", "--only", "closes-cleanly", server.url])
    output = capsys.readouterr().out
    assert status == 0, output
    assert verdicts(output) == [("ok", "repeats"), ("skipped", "closes-cleanly")]
    assert "only with --run" in output


def test_until_stops_after_that(capsys, server):
    assert main(["check", "--until", "forwards", server.url]) == 0
    assert [name for _, name in verdicts(capsys.readouterr().out)] == list(NAMES[:3])


def test_list_does_nothing_but_list(capsys):
    assert main(["check", "--list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(NAMES)


# A server that is not.


def test_a_failure_says_what_was_done_expected_and_came_instead(capsys):
    step = str(STEPS / "step02_threads.py")
    assert main(["check", "--run", step, "--patience", "3", "--", "--port", "0"]) == 1
    output = capsys.readouterr().out
    assert verdicts(output)[-1] == ("FAILED", "forwards")
    assert "done: B said 'hello from B', more than once clients: A, B expected:" in words(output)
    assert "expected: it reaches A" in words(output)
    assert "instead: within 3 s, A got nothing; B got " in words(output)
    assert "which is its own message" in words(output)
    assert "read: chapter 03-shared" in words(output)
    assert "| ready: ws://127.0.0.1:" in output
    assert output.endswith("2 ok, 1 FAILED\n")


def test_all_goes_on_after_a_failure(capsys):
    step = str(STEPS / "step02_threads.py")
    only = ["--only", "serves-two", "--only", "forwards", "--only", "limits-size"]
    options = ["--all", *only, "--patience", "3"]
    assert main(["check", "--run", step, *options, "--", "--port", "0"]) == 1
    found = [("ok", "serves-two"), ("FAILED", "forwards"), ("FAILED", "limits-size")]
    assert verdicts(capsys.readouterr().out) == found


def test_a_refusal_is_shown(capsys):
    with answering(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n") as url:
        assert main(["check", url]) == 1
    assert "instead: the HTTP status 404 Not Found" in words(capsys.readouterr().out)


def test_something_that_is_no_http_is_shown(capsys):
    with answering(b"SSH-2.0-OpenSSH_9.6\r\n") as url:
        assert main(["check", url]) == 1
    assert "something that is no HTTP: b'SSH-2.0" in words(capsys.readouterr().out)


def test_a_response_to_another_key_is_refused(capsys):
    upgraded = b"HTTP/1.1 101 Fine\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    with answering(upgraded + b"Sec-WebSocket-Accept: x\r\n\r\n") as url:
        assert main(["check", url]) == 1
    assert "a Sec-WebSocket-Accept that does not fit the key" in words(capsys.readouterr().out)


def test_a_response_that_no_browser_accepts_is_refused(capsys):
    with answering(b"HTTP/1.1 101 Fine\r\nUpgrade: websocket\r\n\r\n") as url:
        assert main(["check", url]) == 1
    instead = "instead: the HTTP status 101 Fine, but without the header 'Connection: Upgrade'"
    assert instead in words(capsys.readouterr().out)


def test_a_server_that_says_nothing(capsys):
    with answering(b"") as url:
        assert main(["check", "--patience", "0.5", url]) == 1
    assert "no answer to the handshake within 0.5 s" in words(capsys.readouterr().out)


@contextmanager
def forwarding(repeat: dict[str, int]) -> Iterator[str]:
    """A server that forwards in one order. It sends some messages to its last client more often."""
    here: list[ServerConnection] = []
    lock = threading.Lock()

    def serve_one(connection: ServerConnection) -> None:
        with lock:
            here.append(connection)
        for message in connection:
            with lock:
                for other in here:
                    times = repeat.get(message, 1) if other is here[-1] else 1
                    for _ in range(times if other is not connection else 0):
                        other.send(message)

    with serve(serve_one, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/"
        finally:
            server.shutdown()
            thread.join(PATIENCE)


@pytest.mark.parametrize("repeat", [{"T1's 1": 2}, {"T1's 1": 0, "T1's 2": 2}], ids=str)
def test_a_message_that_is_lost_or_doubled_is_not_in_another_order(repeat, capsys, monkeypatch):
    for name, value in {"LISTENERS": 3, "EACH": 4, "ROUNDS": 1, "AT_LEAST": 0}.items():
        monkeypatch.setattr(check_load, name, value)
    with forwarding(repeat) as url:
        assert main(["check", "--only", "one-order", "--patience", str(PATIENCE), url]) == 1
    output = words(capsys.readouterr().out)
    assert "one of them missed a message, or got one too many" in output
    assert "the other way round" not in output


# Colours.


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="Windows has other terminals")
@pytest.mark.parametrize(
    ("environment", "is_coloured"),
    [
        ({}, True),
        ({"NO_COLOR": ""}, True),  # see no-color.org
        ({"NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
    ],
    ids=str,
)
def test_a_terminal_has_colours_unless_somebody_wants_none(environment, is_coloured, server):
    inherited = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    reader, terminal = os.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "msgproxy", "check", "--only", "repeats", server.url],
            env={**inherited, "TERM": "xterm", **environment},
            stdin=subprocess.DEVNULL,
            stdout=terminal,
            timeout=PROGRAM_PATIENCE,
            check=False,
        )
        assert done.returncode == 0
        output = os.read(reader, 65536).decode()
    finally:
        os.close(reader)
        os.close(terminal)
    assert "repeats" in output
    assert ("\x1b[32mok" in output) is is_coloured
