"""`msgproxy watch` without a terminal: the real command in a pipe."""

from __future__ import annotations

import signal
import subprocess
import threading

import pytest
from chat_process import PYTHON
from clients import PATIENCE, PROGRAM_PATIENCE, wait_for_clients, ws

from msgproxy import Limits
from msgproxy.cli.watch import trace_url
from msgproxy.tracing.viewers import LiveRecording

WATCH = (*PYTHON, "-m", "msgproxy", "watch")


@pytest.fixture
def watched(start):
    """A server that can be watched."""
    return start(queues=LiveRecording())


def run(*arguments: str) -> tuple[int, str, str]:
    done = subprocess.run(
        (*WATCH, *arguments), capture_output=True, text=True, timeout=PROGRAM_PATIENCE, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_in_a_pipe_each_change_is_a_line(watched, connect):
    """To be read by a program: words with a name and a value."""
    ana, bob = connect(watched), connect(watched)
    wait_for_clients(watched, 2)
    with subprocess.Popen((*WATCH, watched.url), stdout=subprocess.PIPE, text=True) as process:
        last_will = threading.Timer(PROGRAM_PATIENCE, process.kill)
        last_will.start()
        try:
            seen = [_fields(process.stdout.readline()) for _ in range(2)]
            assert [each["client"] for each in seen] == ["1", "2"]
            seen = _after_hello(ana, bob, process)
            assert seen[0]["bytes_in"] == "5"
            assert seen[1]["messages_out"] == "1"
            while seen[0]["state"] != "talking":  # it looked too late
                seen = _after_hello(ana, bob, process)
            bob.close()
            while (last := _fields(process.stdout.readline()))["client"] != "2":
                pass
            assert last["state"] == "gone"
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE) == 130
        finally:
            last_will.cancel()
            process.kill()


def _after_hello(ana, bob, process) -> list[dict[str, str]]:
    """Return what is printed about both after Ana has said something to Bob."""
    ana.send("hello")
    bob.receive()
    return [_fields(process.stdout.readline()) for _ in range(2)]


def _fields(line: str) -> dict[str, str]:
    return dict(word.split("=", 1) for word in line.split()[1:])


def test_once_prints_one_table(watched, connect):
    connect(watched)
    wait_for_clients(watched, 1)
    status, output, errors = run(watched.url, "--once")
    assert (status, errors) == (0, "")
    head, heads, row = output.splitlines()
    assert head == f"{watched.url}: 1 client, 0/s in, 0/s out, 0 bytes wait for the broker"
    assert heads.split()[:2] == ["client", "from"]
    assert row.split()[0] == "1"
    assert row.endswith("quiet")


def test_a_reader_that_goes_away_is_no_error(watched, connect):
    """As in `msgproxy watch ... | head -1`."""
    connect(watched)
    command = f'{" ".join(WATCH)} {watched.url} | head -1; exit "${{PIPESTATUS[0]}}"'
    with subprocess.Popen(["bash", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as process:  # fmt: skip
        wait_for_clients(watched, 1)
        assert process.stdout.readline()
        connect(watched)  # so that there is something more to print
        assert process.wait(PATIENCE) == 0
        assert process.stderr.read() == ""


def test_a_server_that_cannot_be_watched_is_named(server):
    """An older one, or one without `/trace`."""
    status, output, errors = run(server.url)
    assert (status, output) == (1, "")
    assert errors == (
        f"msgproxy: cannot connect to {trace_url(server.url)}: "
        "it cannot be watched: an older server, or one with --no-trace\n"
    )


def test_a_server_that_is_full_says_so(start, connect):
    """A viewer counts as a client, so it has no room for one."""
    full = start(queues=LiveRecording(), limits=Limits(max_clients=1))
    connect(full)
    status, output, errors = run(full.url, "--once")
    assert (status, output, errors.count("\n")) == (1, "", 1)
    assert errors.endswith("503 Service Unavailable: it has too many clients, or is not ready\n")


def test_no_server_is_one_line():
    status, _, errors = run("127.0.0.1:1")
    assert status == 1
    assert errors.startswith("msgproxy: cannot connect to ws://127.0.0.1:1/trace?counts: ")
    assert errors.count("\n") == 1


@pytest.mark.parametrize("url", ["{}", "{}trace", "{}trace?x"])
def test_the_url_may_be_the_page_or_the_trace(watched, url):
    for address in (watched.url, ws(watched.url)):
        status, output, errors = run(url.format(address), "--once")
        assert (status, errors) == (0, "")
        assert ": 0 clients, " in output


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("localhost:8765", "ws://localhost:8765/trace?counts"),
        ("https://example.com/chat/", "wss://example.com:443/chat/trace?counts"),
        ("ws://example.com:1/trace", "ws://example.com:1/trace?counts"),
    ],
)
def test_a_server_may_be_behind_a_reverse_proxy(url, address):
    assert trace_url(url) == address
