"""The command as a person meets it: what it prints, what it refuses, and how it ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from clients import RawClient, address_of
from process import COMMAND, ServeProcess


def run(*arguments: str, command=COMMAND) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*command, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_it_prints_one_line_when_it_is_ready_and_ends_with_status_0():
    """The line has the URL to open; the log is on stderr, with the threads' names."""
    with ServeProcess() as server:
        with RawClient(server.url) as client:
            client.close_cleanly()
        assert server.stop(signal.SIGTERM) == 0
    line = r"\d\d:\d\d:\d\d INFO     {0} +{1}\n"
    peer = r"127\.0\.0\.1:\d+"
    log = [("reader-1", f"joined from {peer}"), ("reader-1", "left: 1000"), ("accept", "stopped")]
    assert re.fullmatch("".join(line.format(*parts) for parts in log), server.log), server.log


def test_serve_is_the_command_if_none_is_named():
    """`msgproxy --port 0` and `msgproxy serve --port 0` are the same."""
    result = run("--port", "none")
    assert result.returncode == 2
    assert result.stderr.startswith("msgproxy serve: argument --port: ")


def test_the_script_and_the_module_are_the_same_command():
    """`msgproxy` is `python -m msgproxy`."""
    script = Path(sys.executable).with_name("msgproxy")
    assert run("--help").stdout == run("--help", command=[script]).stdout
    assert run("--version").stdout == f"msgproxy {version('msgproxy')}\n"


OPTIONS = (
    "--host --port --echo --max-clients --max-message-size --inbound-limit --outbound-limit"
    " --handshake-timeout --ping-interval --ping-timeout --close-timeout --allow-origin"
    " --bridge --scheduling --log-level --record --no-trace"
)


@pytest.mark.parametrize("option", OPTIONS.split())
def test_help_lists_each_option_with_its_default(option):
    """And with its unit, where it has one."""
    text = " ".join(run("serve", "--help").stdout.split())
    described = text.split("options:")[1].split(f"{option} ", 1)[1].split(" --")[0]
    if option not in ("--echo", "--allow-origin", "--record", "--no-trace"):
        assert "(default: " in described
    if option.endswith(("timeout", "interval")):
        assert described.startswith("SECONDS")
    if option.endswith(("size", "limit")):
        assert described.startswith("BYTES")


@pytest.mark.parametrize(
    "wrong",
    [
        "--port 65536", "--port -1", "--port http", "--max-clients 0", "--max-clients 1.5",
        "--max-message-size 0", "--max-message-size 1T", "--outbound-limit lots",
        "--outbound-limit 1M", "--ping-interval 0", "--ping-timeout -3", "--close-timeout nan",
        "--handshake-timeout inf", "--ping-timeout 1e10", "--max-clients 1" + 400 * "0",
        "check --patience 1e10 localhost", "--allow-origin example.com", "--allow-origin https://a.b/c",
        "--log-level loud", "--no-such-option", "serve surplus", "chat", "--inbound-limit",
    ],
)  # fmt: skip
def test_a_wrong_option_gets_one_clear_line_and_status_2(wrong):
    """Never a traceback, and nothing on stdout."""
    result = run(*wrong.split())
    assert result.returncode == 2
    assert result.stdout == ""
    assert re.fullmatch(r"msgproxy( serve| chat| check)?: .+\n", result.stderr), result.stderr


def test_an_unknown_command_is_answered_with_the_commands():
    result = run("bogus", "--port", "0")
    assert result.returncode == 2
    assert result.stderr.startswith("msgproxy: there is no command 'bogus'; the commands are serve")


def test_a_limit_that_is_too_small_is_named_as_it_is_written():
    """With the limits that ask for more."""
    result = run("--outbound-limit", "1M", "--max-message-size", "2M")
    assert result.returncode == 2
    assert "--outbound-limit has to be 6145K (6.0 MiB) at least" in result.stderr
    assert "--inbound-limit 4M and --max-message-size 2M" in result.stderr


@pytest.mark.parametrize("options", [["--max-message-size", "32M"], ["--inbound-limit", "64M"]])
def test_the_outbound_limit_follows_the_others_if_it_is_not_given(options):
    with ServeProcess(*options) as server, RawClient(server.url) as ada, RawClient(server.url) as b:
        ada.send(b"x" * 1_000_000)
        assert len(b.receive()) == 1_000_000


def test_a_port_in_use_gets_one_clear_line_and_status_1():
    """It names the port, and says what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("--port", str(port))
    assert result.returncode == 1
    assert result.stderr == (
        f"msgproxy: port {port} on 127.0.0.1 is in use; "
        "choose another port, or 0 for any free one\n"
    )


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1", "127.0..1", "x" * 64])
def test_a_host_that_is_not_ours_gets_one_clear_line_and_status_1(host):
    """No such name, an address of another machine, or what no name can be."""
    result = run("--host", host, "--port", "0")
    assert result.returncode == 1
    assert re.fullmatch(rf"msgproxy: .*{re.escape(host)}.*\n", result.stderr), result.stderr


def test_sizes_may_have_units():
    """64K is 65536 bytes."""
    limits = ["--max-message-size", "64K", "--inbound-limit", "1m", "--outbound-limit", "2M"]
    with ServeProcess(*limits) as server, RawClient(server.url) as client:
        client.send(b"x" * 65537)
        assert client.receive_close() == (1009, "a message may have 65536 bytes")


def test_the_url_is_one_that_works_when_listening_on_all_addresses():
    """A browser cannot open 0.0.0.0."""
    with ServeProcess("--host", "0.0.0.0") as server:
        assert address_of(server.url)[0] == "127.0.0.1"
        RawClient(server.url).close()


def test_no_client_waits_for_the_reader_of_the_log():
    """With a pipe that is full, clients come and talk as before, and one signal ends it all."""
    with ServeProcess("--log-level", "debug") as server:
        for _ in range(1500):  # 100 KB of refusals, more than a pipe holds
            with socket.create_connection(address_of(server.url), timeout=20) as client:
                client.sendall(b"GET /nothing-here HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert client.recv(100).startswith(b"HTTP/1.1 404 ")
        with RawClient(server.url) as ada, RawClient(server.url) as bob:
            ada.send("can you hear me?")
            assert bob.receive() == "can you hear me?"
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(timeout=20) == 0


@pytest.mark.parametrize("command", ["--port 0", "--help", "check --list"])
def test_a_full_disk_at_stdout_gets_one_clear_line(command):
    """A server, too: its address cannot be printed, so there is no use in running.

    Python keeps what it prints, as it does unless it is told not to, and tries again at exit.
    """
    if not Path("/dev/full").exists():
        pytest.skip("no device that is always full")
    with open("/dev/full", "w") as full:
        result = subprocess.run(
            [*COMMAND, *command.split()],
            env={n: value for n, value in os.environ.items() if n != "PYTHONUNBUFFERED"},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert result.returncode == 1
    assert re.fullmatch(r"msgproxy: .*No space left on device\n", result.stderr), result.stderr
