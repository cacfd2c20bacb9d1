"""`msgproxy check` without a server: none is there or none starts, wrong usage; and a signal."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from clients import PATIENCE, PROGRAM_PATIENCE, wait_for
from ports import free_port

from msgproxy.cli.main import main
from msgproxy.tracing.viewers import LiveRecording


def program(tmp_path: Path, text: str) -> str:
    path = tmp_path / "my_server.py"
    path.write_text(text)
    return str(path)


# No server.


def test_nobody_listens(capsys):
    with pytest.raises(SystemExit) as exit_:
        main(["check", f"ws://127.0.0.1:{free_port()}/"])
    assert exit_.value.code == 1
    error = capsys.readouterr().err
    assert re.fullmatch(r"msgproxy: cannot connect to .* is the server running\?\n", error)


def test_a_program_that_breaks_is_quoted(capsys, tmp_path):
    path = program(tmp_path, "print('so far, so good')\nraise SystemExit('no such luck')")
    with pytest.raises(SystemExit) as exit_:
        main(["check", "--run", path])
    assert exit_.value.code == 1
    output, error = capsys.readouterr()
    assert "| so far, so good\n" in output
    assert "| no such luck\n" in output
    assert error == "msgproxy: the program ended with status 1 before it printed its address\n"


def test_a_program_that_tells_no_address(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("msgproxy.check.program.START_PATIENCE", 0.5)
    path = program(tmp_path, "import time\nprint('working')\ntime.sleep(600)")
    with pytest.raises(SystemExit) as exit_:
        main(["check", "--patience", "0.5", "--run", path])
    assert exit_.value.code == 1
    assert "needs a line with ws://HOST:PORT/ in it" in capsys.readouterr().err


def test_there_is_no_such_command(capsys):
    with pytest.raises(SystemExit) as exit_:
        main(["check", "--run", "no-such-command-here --really"])
    assert exit_.value.code == 1
    assert capsys.readouterr().err.startswith("msgproxy: cannot run no-such-command-here: ")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["ws://localhost:1/", "ws://localhost:2/"],
        ["gopher://localhost:1/"],
        ["wss://localhost:1/"],
        ["--only", "flies", "ws://localhost:1/"],
        ["--only", "repeats", "--until", "forwards", "ws://localhost:1/"],
        ["--patience", "0", "ws://localhost:1/"],
        ["--run", ""],
        ["--run", "'unfinished"],
    ],
    ids=" ".join,
)
def test_wrong_usage_has_status_2_and_one_line(arguments, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(["check", *arguments])
    assert exit_.value.code == 2
    output, error = capsys.readouterr()
    assert output == ""
    assert error.count("\n") == 1


# The end of it.


SERVER = """
import os, signal, socket, time
{first}
listener = socket.create_server(('127.0.0.1', 0))
print(f'ws://127.0.0.1:{{listener.getsockname()[1]}}/')
open('started', 'w').write(str(os.getpid()))
time.sleep(600)
"""


@contextlib.contextmanager
def checking(tmp_path: Path, first: str = "", *options: str) -> Iterator[subprocess.Popen[str]]:
    """Check a server that says nothing. `first` is what it does first of all."""
    # Python may be interrupted before it hands over a socket that it has made, and the development
    # mode would say that nobody closed that one.
    quietly = ("-W", "ignore::ResourceWarning")
    options = options or ("--patience", "300")
    path = program(tmp_path, SERVER.format(first=first))
    checker = subprocess.Popen(
        [sys.executable, *quietly, "-m", "msgproxy", "check", *options, "--run", path],
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    started = tmp_path / "started"
    try:
        wait_for(
            lambda: started.exists() and started.read_text(), "the server's start", PROGRAM_PATIENCE
        )
        yield checker
    finally:
        checker.kill()
        checker.communicate()
        if started.exists() and started.read_text():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(started.read_text()), signal.SIGKILL)


def check_that_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "started").read_text()), 0)
    assert list(tmp_path.glob("msgproxy-check-*")) == []


@pytest.mark.parametrize(
    "name", [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
)
def test_a_signal_ends_the_server_too(name, tmp_path):
    """SIGHUP comes when the terminal is closed."""
    with checking(tmp_path) as checker:
        checker.send_signal(getattr(signal, name))
        _, error = checker.communicate(timeout=PATIENCE)
        assert checker.returncode == 130
        assert error == ""
        check_that_nothing_is_left(tmp_path)


def test_a_second_interrupt_leaves_nothing_behind_either(tmp_path):
    """It comes while the checker waits for the end of a server that takes its time."""
    stays = "signal.signal(signal.SIGTERM, lambda *_: open('asked', 'w').close())"
    with checking(tmp_path, stays) as checker:
        checker.send_signal(signal.SIGINT)
        wait_for((tmp_path / "asked").exists, "the server was asked to end")
        checker.send_signal(signal.SIGINT)
        _, error = checker.communicate(timeout=PATIENCE)
        assert checker.returncode == 130
        assert error == ""
        check_that_nothing_is_left(tmp_path)


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="the system has no such signal")
def test_the_end_of_the_terminal_is_ignored_if_it_was_from_the_start(tmp_path):
    """As with `nohup`. Here the server sends the signal, before it is checked."""
    handler = signal.getsignal(signal.SIGHUP)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the checker inherits that
    try:
        hang_up = "os.kill(os.getppid(), signal.SIGHUP)"
        with checking(tmp_path, hang_up, "--patience", "0.5") as checker:
            output, _ = checker.communicate(timeout=PROGRAM_PATIENCE)
    finally:
        signal.signal(signal.SIGHUP, handler)
    assert checker.returncode == 1
    assert output.endswith("1 FAILED\n")


HAS_MANY_FILES = """
import os, resource, sys
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (2000, most))
files = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
from msgproxy.cli.main import main
sys.exit(main())
"""


@pytest.mark.skipif(os.name != "posix", reason="elsewhere, files have other numbers than sockets")
@pytest.mark.parametrize(
    "arguments", [["check", "{}", "--only", "forwards"], ["watch", "--once", "{}"], ["chat", "{}"]]
)
def test_it_works_in_a_process_with_a_thousand_open_files(start, arguments):
    """`select` refuses files whose number is 1024 or higher."""
    server = start(queues=LiveRecording())
    arguments = [argument.format(server.url.replace("http", "ws")) for argument in arguments]
    command = [sys.executable, "-c", HAS_MANY_FILES, *arguments]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PROGRAM_PATIENCE
    )
    assert (done.returncode, done.stderr) == (0, ""), done
