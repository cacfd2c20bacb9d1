"""What a command gets from its parent: closed streams, ignored signals, a slow log."""

from __future__ import annotations

import re
import signal
import subprocess
import sys

import pytest
from clients import PATIENCE, RawClient, wait_for
from ports import free_port
from process import COMMAND, ServeProcess

from msgproxy.cli import logs
from msgproxy.tracing.viewers import LiveRecording

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a matter of POSIX shells")

CLOSED = {"all": "<&- >&- 2>&-", "stdout": ">&-", "stderr": "2>&-", "stdin": "<&-"}


def listens(port: int) -> bool:
    try:
        RawClient(f"http://127.0.0.1:{port}/").close()
    except ConnectionRefusedError:
        return False
    return True


@pytest.mark.parametrize("closed", CLOSED)
def test_a_server_runs_without_its_standard_streams(closed):
    """No socket gets the number of one of them, which would then receive the log."""
    port = free_port()
    command = f'exec "$@" {CLOSED[closed]}'
    arguments = ["sh", "-c", command, "sh", *COMMAND, "--port", str(port)]
    with subprocess.Popen(arguments) as process:
        try:
            wait_for(lambda: listens(port))
            with RawClient(f"http://127.0.0.1:{port}/") as ada:
                with RawClient(f"http://127.0.0.1:{port}/") as bob:
                    bob.send("still there?")
                    assert ada.receive() == "still there?"
                process.send_signal(signal.SIGTERM)
                assert process.wait(PATIENCE) == 0
        finally:
            process.kill()


@pytest.mark.parametrize("closed", ["all", "stdout"])
@pytest.mark.parametrize(
    "command", ["watch --once {}", "check --only repeats {}", "check --list", "chat {}", "--help"]
)
def test_a_command_without_stdout_just_prints_nothing(start, closed, command):
    server = start(queues=LiveRecording(), echo=True)
    done = subprocess.run(
        [
            "sh",
            "-c",
            f'exec "$@" {CLOSED[closed]}',
            "sh",
            *COMMAND,
            *command.format(server.url).split(),
        ],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        timeout=PATIENCE * 2,
        check=False,
    )
    assert b"Traceback" not in done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize("name", ["SIGHUP", "SIGINT", "SIGTERM"])
def test_a_signal_that_was_ignored_from_the_start_stays_ignored(name):
    """As with `nohup`, and in the background of a script."""
    number = getattr(signal, name)
    ignoring = ["sh", "-c", f'trap "" {name[3:]}; exec "$@"', "sh"]
    with subprocess.Popen(
        [*ignoring, *COMMAND, "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            url = re.search(r"http://\S+/", process.stdout.readline())[0]
            process.send_signal(number)
            with RawClient(url) as ada, RawClient(url) as bob:
                ada.send("still there?")
                assert bob.receive() == "still there?"
            other = signal.SIGTERM if number != signal.SIGTERM else signal.SIGINT
            process.send_signal(other)
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()


def test_a_closed_terminal_stops_a_server_that_does_not_ignore_that():
    with ServeProcess() as server:
        assert server.stop(signal.SIGHUP) == 0


LOGS_A_LOT = """
import logging, sys, time
from msgproxy.cli import logs
log = logs.start("info")
for number in range(5000):
    logging.info("line %d", number)
print("done", flush=True)
sys.stdin.readline()
deadline = time.monotonic() + 60
while not log.queue.empty() and time.monotonic() < deadline:  # the log thread catches up
    time.sleep(0.01)
for text in sys.argv[1:]:
    logging.info(text)
sys.stdin.readline()
log.finish()
"""


def program_that_logs_a_lot(*afterwards: str) -> subprocess.Popen[str]:
    command, pipe = [sys.executable, "-c", LOGS_A_LOT, *afterwards], subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def test_a_log_that_is_not_read_delays_nobody_and_says_how_much_is_missing():
    """As in a terminal after Ctrl-S: what is logged after Ctrl-Q is there again."""
    with program_that_logs_a_lot("afterwards") as process:
        assert process.stdout.readline() == "done\n"  # nobody has read a line yet
        written = [process.stderr.readline() for _ in range(logs.QUEUE_SIZE)]  # makes room
        process.stdin.write("\n")
        process.stdin.flush()
        while not written[-1].endswith(" MainThread afterwards\n"):
            written.append(process.stderr.readline())
            assert written[-1], "the end, before the last line"
        process.stdin.close()
    check_that_all_is_there_or_missed(written)


def test_a_log_says_how_much_is_missing_though_nothing_is_logged_afterwards():
    with program_that_logs_a_lot() as process:
        assert process.stdout.readline() == "done\n"
        _, written = process.communicate("\n", timeout=PATIENCE)
    check_that_all_is_there_or_missed(written.splitlines())


def check_that_all_is_there_or_missed(written: list[str]) -> None:
    """Check that each line is there, in its order, or is counted among those that were dropped."""
    numbers = [int(line.split()[-1]) for line in written if " line " in line]
    missing = [int(line.split("(")[1].split()[0]) for line in written if "dropped" in line]
    assert numbers == sorted(numbers)
    assert missing
    assert len(numbers) + sum(missing) == 5000
