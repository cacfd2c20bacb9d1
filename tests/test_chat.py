"""`msgproxy chat` in a pipe, and what it says when things go wrong. Real processes, all of it."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading

import pytest
from clients import CLOSE, PATIENCE, PING, TEXT, encode_frame, wait_for_clients

from msgproxy import Limits
from msgproxy.errors import CannotConnect
from msgproxy.link import websocket_url
from msgproxy.terminal import rows, visible

# The library leaves the socket of a connection that failed to the garbage collector.
PYTHON = (sys.executable, "-X", "dev", "-W", "ignore::ResourceWarning")
CHAT = (*PYTHON, "-m", "msgproxy", "chat")


@pytest.fixture
def chat():
    """Start `msgproxy chat` with pipes at all ends: `chat(url, *options)`."""
    with contextlib.ExitStack() as processes:

        def start_one(url: str, *options: str) -> subprocess.Popen[bytes]:
            pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
            process = processes.enter_context(subprocess.Popen((*CHAT, url, *options), **pipes))
            processes.callback(process.kill)
            return process

        yield start_one


def run(url: str, *options: str, said: bytes = b"") -> tuple[int, bytes, str]:
    """Run it to its end; return its status, its output and its errors."""
    done = subprocess.run((*CHAT, url, *options), input=said, capture_output=True, timeout=PATIENCE)
    return done.returncode, done.stdout, done.stderr.decode()


def complains(process: subprocess.Popen[bytes], start: str) -> bool:
    """Return whether all that it wrote on stderr is one line that begins like this."""
    errors = process.stderr.read().decode()
    return errors.startswith(start) and errors.endswith("\n") and errors.count("\n") == 1


# What it sends.


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
    """What arrives while it says goodbye must not make the system drop what it has sent."""
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
    while not is_over.is_set():
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
    assert errors == "msgproxy: line 2 of the input is not UTF-8; sent what is before\n"
    assert ada.receive() == "fine"


@pytest.mark.skipif(sys.platform == "win32", reason="a matter of POSIX shells")
def test_no_input_at_all_is_an_empty_input(server):
    command = ("sh", "-c", '"$@" <&-', "sh", *CHAT, server.url)
    done = subprocess.run(command, capture_output=True, timeout=PATIENCE)
    assert (done.returncode, done.stderr) == (0, b"")


# What it prints.


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
    assert complains(process, "msgproxy: the server said goodbye")


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
    assert list(rows(text, width)) == cut


def test_what_could_do_something_to_a_terminal_is_shown_escaped():
    assert visible("\x1b[2J\r\x9b\u202e\u2028") == r"\x1b[2J\r\x9b\u202e\u2028"
    assert visible("non-breaking\u00a0space, 👨\u200d👩\u200d👧") == (
        "non-breaking\u00a0space, 👨\u200d👩\u200d👧"
    )
    assert visible(bytes(17)) == f"<17 bytes: {'00 ' * 15}00…>"


# How it connects.


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("ws://host:1234/", "ws://host:1234/"),
        ("http://host:1234/", "ws://host:1234/"),
        ("https://host", "wss://host:443/"),
        ("wss://host:1/a b?c=d", "wss://host:1/a%20b?c=d"),
        ("host:1234", "ws://host:1234/"),
        ("localhost:1234", "ws://127.0.0.1:1234/"),
        ("[::1]:1234", "ws://[::1]:1234/"),
    ],
)
def test_an_address_can_be_written_in_several_ways(given, meant):
    assert websocket_url(given) == meant


@pytest.mark.parametrize("given", ["", "ws://", "ftp://host/", "host:port", "host:99999", "[::1"])
def test_what_is_no_address_is_an_error(given):
    with pytest.raises(CannotConnect, match="not an address"):
        websocket_url(given)


def test_what_is_no_address_is_one_line_and_not_a_traceback():
    status, _, errors = run("ftp://\x1b[31m/")
    assert status == 1
    assert errors == ("msgproxy: not an address such as ws://localhost:8765/: ftp://\\x1b[31m/\n")


def test_a_server_that_is_not_there_is_an_error():
    with socket.socket() as deaf:  # it has a port, but does not listen
        deaf.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{deaf.getsockname()[1]}"
        status, _, errors = run(address)
    assert status == 1
    assert re.fullmatch(rf"msgproxy: cannot connect to {address}: .*refused\n", errors)


def test_a_server_that_is_full_is_an_error_that_says_so(start, connect):
    server = start(limits=Limits(max_clients=1))
    connect(server)
    status, _, errors = run(server.url)
    assert (status, errors.count("\n")) == (1, 1)
    assert errors.endswith(": the server answered 503 Service Unavailable\n")


def test_a_server_of_something_else_is_an_error(server):
    status, _, errors = run(f"{server.url}other")
    assert status == 1
    assert errors.endswith(": the server answered 404 Not Found\n")


# How the server's side can end, and begin: a server made by hand.


@pytest.fixture
def answer(chat):
    """Let it connect to a server that says this behind its 101, in the same packet."""
    with contextlib.ExitStack() as sockets:

        def answer_one(frames: bytes) -> tuple[subprocess.Popen[bytes], socket.socket]:
            listening = sockets.enter_context(socket.create_server(("127.0.0.1", 0)))
            listening.settimeout(PATIENCE)
            process = chat(f"127.0.0.1:{listening.getsockname()[1]}")
            connection = sockets.enter_context(listening.accept()[0])
            connection.settimeout(PATIENCE)
            connection.sendall(_switch_protocols(connection) + frames)
            return process, connection

        yield answer_one


def _switch_protocols(connection: socket.socket) -> bytes:
    request = b""
    while not request.endswith(b"\r\n\r\n"):
        request += connection.recv(65536)
    key = re.search(rb"(?i)sec-websocket-key: (\S+)", request)[1]
    accept = hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: %b\r\n\r\n" % base64.b64encode(accept)
    )


def test_a_message_right_behind_the_handshake_is_seen(answer):
    process, _ = answer(encode_frame(TEXT, b"you are late", mask=False))
    assert process.stdout.readline() == b"you are late\n"


def test_a_lost_connection_is_an_error(answer):
    process, connection = answer(encode_frame(PING, mask=False))
    connection.shutdown(socket.SHUT_WR)
    assert process.wait(PATIENCE) == 1
    assert complains(process, "msgproxy: the connection to the server is lost\n")


@pytest.mark.parametrize(
    ("code", "reason", "told"),
    [
        (1000, "", "the server ended the conversation"),
        (1001, "", "the server said goodbye"),
        (1013, "too \x1b slow", r"the server cut this client off: too \x1b slow"),
        (4000, "why not", "the server ended the conversation with code 4000: why not"),
    ],
)
def test_a_goodbye_of_the_server_is_told_in_plain_words(answer, code, reason, told):
    payload = struct.pack("!H", code) + reason.encode()
    process, _ = answer(encode_frame(CLOSE, payload, mask=False))
    assert process.wait(PATIENCE) == 1
    assert complains(process, f"msgproxy: {told}\n")


def test_a_server_that_does_not_confirm_the_goodbye_may_have_lost_something(answer):
    process, connection = answer(b"")
    process.stdin.write(b"did you get this?\n")
    process.stdin.close()
    received = b""
    while len(received) < 6 + 17 + 6 + 2:  # two masked frames: the line, and Close with its code
        received += connection.recv(100)
    connection.shutdown(socket.SHUT_WR)
    assert process.wait(PATIENCE) == 1
    assert complains(process, "msgproxy: the connection to the server is lost\n")
