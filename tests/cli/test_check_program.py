"""`msgproxy check --run`: which address it checks, what it leaves behind, and its hints."""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from clients import PATIENCE, wait_for
from ports import free_port

from msgproxy.check.program import ServerProgram
from msgproxy.cli.main import main

LISTEN = """
import socket, sys, time
listener = socket.create_server(("127.0.0.1", {port}))
print({before!r})
print("ready: ws://127.0.0.1:%d/" % listener.getsockname()[1])
time.sleep(600)
"""


def program(tmp_path: Path, text: str) -> str:
    path = tmp_path / "my_server.py"
    path.write_text(text)
    return str(path)


# The address.


@pytest.mark.parametrize(
    "before",
    [
        "see http://example.com:80/help",
        "see http://192.0.2.1:8000/",
        "see http://no.such.host.invalid:8000/",
        "ws://127.0.0.1:99999/ is no address",
        "ws://127.0.0.1:0/ is none either",
    ],
)
def test_an_address_of_elsewhere_is_not_the_servers(tmp_path, before):
    port = free_port()
    path = program(tmp_path, LISTEN.format(port=port, before=before))
    with ServerProgram(path, [], 20) as server:
        server.start()
        assert server.url == f"ws://127.0.0.1:{port}/"


@pytest.mark.parametrize("odd", [b"\xff", b"\x1b[0m", b"\xe2\x80\xa6", b")", b"'"])
def test_an_address_ends_where_odd_bytes_begin(tmp_path, odd):
    line = b"ready (ws://127.0.0.1:1/" + odd + b"\n"
    path = program(tmp_path, f"import os, time\nos.write(1, {line!r})\ntime.sleep(600)")
    with ServerProgram(path, [], 20) as server:
        server.start()
        assert server.url == "ws://127.0.0.1:1/"


def test_a_server_that_is_not_there_is_no_fault_of_a_behaviour(tmp_path, capsys):
    """So no chapter is named. A program that prints its address too early is like that."""
    port = free_port()
    text = f"import time\nprint('ws://127.0.0.1:{port}/')\ntime.sleep(600)"
    assert main(["check", "--patience", "1", "--run", program(tmp_path, text)]) == 1
    output = capsys.readouterr().out
    assert "the connection failed: Connection refused" in output
    assert "chapter" not in output


def test_localhost_may_be_either_address(start, capsys):
    """A server on ::1 is found by that name, too, wherever the system has both."""
    for host in ("127.0.0.1", "::1"):
        server = start(host=host, echo=True)
        port = server.url.rpartition(":")[2]
        assert main(["check", "--only", "repeats", f"ws://localhost:{port}"]) == 0, host
        assert capsys.readouterr().out.endswith("1 ok\n")


# The end.


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="elsewhere, nothing does what Ctrl-C does")
def test_an_interrupt_reaches_what_the_program_has_started(tmp_path):
    """As a terminal sends it: to the whole foreground group. This shell waits for the server."""
    end = tmp_path / "end"
    text = f"""
import socket, time
listener = socket.create_server(("127.0.0.1", 0))
print("ready: ws://127.0.0.1:%d/" % listener.getsockname()[1])
try:
    time.sleep(600)
except KeyboardInterrupt:
    open({str(end)!r}, "w").write("interrupted")
"""
    started = shlex.join([sys.executable, program(tmp_path, text)])
    with ServerProgram(shlex.join(["sh", "-c", f"{started}; true"]), [], 20) as server:
        server.start()
        server.interrupt()
        assert server.wait(PATIENCE) is not None, "it still runs"
        wait_for(lambda: end.exists() and end.read_text() == "interrupted", "the server's end")
        server.interrupt()  # it has ended: nothing happens


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="elsewhere, a daemon cannot be found")
def test_a_program_that_becomes_a_daemon_is_ended_too(tmp_path):
    """It leaves the process group with `setsid`, and its parent ends."""
    text = f"""
import os, socket, sys, time
listener = socket.create_server(("127.0.0.1", 0))
if os.fork():
    time.sleep(600)
os.setsid()
if os.fork():
    os._exit(0)
open({str(tmp_path / "daemon")!r}, "w").write(str(os.getpid()))
print("ready: ws://127.0.0.1:%d/" % listener.getsockname()[1])
time.sleep(600)
"""
    with ServerProgram(program(tmp_path, text), [], 20) as server:
        server.start()
        daemon = int((tmp_path / "daemon").read_text())
        os.kill(daemon, 0)

    def is_gone() -> bool:
        try:
            return ") Z " in Path(f"/proc/{daemon}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):  # the second: between open and read
            return True

    wait_for(is_gone, "the end of the daemon")


# Hints.


def test_a_program_that_ignores_the_option_port_is_told_so(tmp_path, capsys):
    port = free_port()
    path = program(tmp_path, LISTEN.format(port=port, before=""))
    assert main(["check", "--patience", "1", "--run", path, "--", "--port", "1"]) == 1
    hint = f"it was started with --port 1, but it listens on port {port}"
    assert hint in capsys.readouterr().out


def test_a_taken_port_is_explained_if_any_free_one_was_asked_for(tmp_path, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        path = program(tmp_path, LISTEN.format(port=port, before=""))
        with pytest.raises(SystemExit):
            main(["check", "--run", path, "--", "--port", "0"])
    output = capsys.readouterr().out
    assert "it was started with --port 0: does it use that option? Its port is taken" in output


def test_the_servers_output_cannot_do_anything_to_the_terminal(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["check", "--run", program(tmp_path, "print('\\x1b[2J\\x1b]0;hi\\x07')")])
    assert r"| \x1b[2J\x1b]0;hi\x07" in capsys.readouterr().out


def test_the_output_is_shown_whatever_the_streams_can_encode(tmp_path):
    """As on a system whose locale is C."""
    text = "import os; os.write(1, b'caf\\xc3\\xa9 \\xff\\n')"
    code = "import sys; from msgproxy.cli.main import main; main(sys.argv[1:])"
    done = subprocess.run(
        [sys.executable, "-c", code, "check", "--run", program(tmp_path, text)],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert b"Traceback" not in done.stderr
    assert "| café \ufffd".encode() in done.stdout
