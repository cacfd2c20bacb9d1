"""`msgproxy chat` in a pipe: what it sends, and what it prints."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest
from chat_process import CHAT, complains, run
from clients import PATIENCE, PROGRAM_PATIENCE, wait_for_clients

from msgproxy.terminal.screen import escape, wrap_columns


def test_each_line_is_one_message_and_empty_lines_are_messages_too(server, connect):
    ada = connect(server)
    wait_for_clients(server, 1)
    assert run(server.url, said="one\n\ndéjà vu\r\nthe last".encode()) == (0, b"", "")
    assert [ada.receive() for _ in range(4)] == ["one", "", "déjà vu", "the last"]


def test_a_name_stands_in_front_of_each_line(server, connect):
    ada = connect(server)
    wait_for_clients(server, 1)
    run(server.url, "--name", "Bob the 1st", said=b"hello\nbye\n")
    assert [ada.receive(), ada.receive()] == ["Bob the 1st: hello", "Bob the 1st: bye"]


@pytest.mark.parametrize("name", ["", " ", "a:b", "a\nb", "x" * 33])
def test_a_name_that_makes_no_sense_is_a_wrong_use(name):
    status, _, errors = run("127.0.0.1:9", "--name", name)
    assert status == 2
    assert "is not a name" in errors.splitlines()[-1]


def test_a_long_input_reaches_the_server_though_others_talk_all_the_time(server, connect):
    """Messages that arrive after its Close frame must not make the system drop what it has sent."""
    ada, bob = connect(server), connect(server)
    wait_for_clients(server, 2)
    is_over = threading.Event()
    talking = threading.Thread(target=_talk, args=(bob, is_over))
    talking.start()
    lines = [f"{number} {'x' * 200}" for number in range(5000)]
    heard = []
    hearing = threading.Thread(target=_hear, args=(ada, lines[-1], heard))
    hearing.start()
    try:
        status, _, errors = run(server.url, said="\n".join(lines).encode())
    finally:
        is_over.set()
        talking.join(PATIENCE)
        hearing.join(PATIENCE)
    assert (status, errors) == (0, "")
    assert heard == lines


def _talk(client, is_over):
    while not is_over.wait(0.001):  # no more than a chat can print on a busy machine
        client.send("bob: " + "y" * 1000)


def _hear(client, last, heard):
    """Collect what bob did not say, up to and with `last`."""
    while last not in heard[-1:]:
        message = client.receive()
        if not message.startswith("bob"):
            heard.append(message)


def test_input_that_is_not_utf_8_is_an_error_that_says_where(server, connect):
    ada = connect(server)
    wait_for_clients(server, 1)
    status, _, errors = run(server.url, said=b"fine\nfin\xe9\nnever sent\n")
    assert status == 1
    assert (
        errors == "msgproxy: line 2 of the input is not UTF-8; the lines before it have been sent\n"
    )
    assert ada.receive() == "fine"


@pytest.mark.skipif(sys.platform == "win32", reason="a matter of POSIX shells")
def test_no_input_at_all_is_an_empty_input(server):
    command = ("sh", "-c", '"$@" <&-', "sh", *CHAT, server.url)
    done = subprocess.run(command, capture_output=True, timeout=PROGRAM_PATIENCE)
    assert (done.returncode, done.stderr) == (0, b"")


def test_what_arrives_is_printed_at_once_as_one_harmless_line(server, connect, chat):
    ada, process = connect(server), chat(server.url)
    wait_for_clients(server, 2)
    for said, shown in (
        ("déjà\tvu", "déjà\tvu"),
        ("", ""),
        ("two\nlines", r"two\nlines"),
        ("\x1b]0;gotcha\a", r"\x1b]0;gotcha\x07"),
        (b"\x00\xff", "<2 bytes: 00 ff>"),
    ):
        ada.send(said)
        assert process.stdout.readline().decode() == shown + "\n"


def test_it_waits_for_answers_as_long_as_it_is_told(server, connect, chat):
    ada, process = connect(server), chat(server.url, "--wait", "1000")
    wait_for_clients(server, 2)
    process.stdin.write(b"question\n")
    process.stdin.close()
    assert ada.receive() == "question"
    ada.send("answer")
    assert process.stdout.readline() == b"answer\n"
    ada.close()
    server.close()  # which ends the waiting
    assert process.wait(PATIENCE) == 1
    assert complains(process, "msgproxy: the server is going away")


def test_when_the_waiting_is_over_it_ends_well(server):
    assert run(server.url, "--wait", "0.1") == (0, b"", "")


@pytest.mark.skipif(sys.platform == "win32", reason="a broken pipe is something else there")
def test_it_ends_quietly_when_nobody_reads_its_output_any_more(server, connect, chat):
    ada, process = connect(server), chat(server.url)
    wait_for_clients(server, 2)
    process.stdout.close()
    for _ in range(1000):
        ada.send("for nobody")
    assert process.wait(PATIENCE) == 0
    assert process.stderr.read() == b""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
def test_a_full_disk_is_an_error(server, connect):
    ada = connect(server)
    command = (*CHAT, server.url)
    with (
        open("/dev/full", "wb") as full,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=full, stderr=subprocess.PIPE
        ) as process,
    ):
        wait_for_clients(server, 2)
        ada.send("too much")
        assert process.wait(PATIENCE) == 1
        assert complains(process, "msgproxy: cannot print what arrives: No space left")


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is no signal there")
def test_ctrl_c_ends_it_with_the_status_that_shells_know(server, chat):
    process = chat(server.url)
    wait_for_clients(server, 1)
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 130
    assert process.stderr.read() == b""


@pytest.mark.parametrize(
    ("text", "width", "cut"),
    [
        ("", 5, [""]),
        ("abcdefg", 5, ["abcde", "fg"]),
        ("abcde", 5, ["abcde"]),
        ("你好你好", 5, ["你好", "你好"]),
        ("e\u0301" * 5, 5, ["e\u0301" * 5]),
    ],
)
def test_a_message_is_cut_into_rows_by_the_columns_it_takes(text, width, cut):
    assert list(wrap_columns(text, width)) == cut


def test_what_could_do_something_to_a_terminal_is_shown_escaped():
    assert escape("\x1b[2J\r\x9b\u202e\u2028") == r"\x1b[2J\r\x9b\u202e\u2028"
    assert escape("non-breaking\u00a0space, 👨\u200d👩\u200d👧") == (
        "non-breaking\u00a0space, 👨\u200d👩\u200d👧"
    )
    assert escape(bytes(17)) == f"<17 bytes: {'00 ' * 15}00…>"
