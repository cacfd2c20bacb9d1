"""`msgproxy chat`: how it connects, and what it says when that goes wrong."""

from __future__ import annotations

import re
import socket
import struct

import pytest
from chat_process import complains, run
from clients import CLOSE, PATIENCE, PING, TEXT, encode_frame

from msgproxy import Limits
from msgproxy.errors import CannotConnect
from msgproxy.terminal.address import websocket_url


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("ws://host:1234/", "ws://host:1234/"),
        ("http://host:1234/", "ws://host:1234/"),
        ("https://host", "wss://host:443/"),
        ("wss://host:1/a b?c=d", "wss://host:1/a%20b?c=d"),
        ("host:1234", "ws://host:1234/"),
        ("localhost:1234", "ws://localhost:1234/"),
        ("[::1]:1234", "ws://[::1]:1234/"),
        ("host:1?q=http://x", "ws://host:1/?q=http://x"),
    ],
)
def test_an_address_can_be_written_in_several_ways(given, meant):
    assert websocket_url(given) == meant


@pytest.mark.parametrize(
    "given",
    [
        "",
        "ws://",
        "ftp://host/",
        "ftp://host:80/",
        "host:port",
        "host:0",
        "host:99999",
        "[::1",
        "host/\udcff",
    ],
)
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
    assert errors.endswith("503 Service Unavailable: it has too many clients, or is not ready\n")


def test_a_server_of_something_else_is_an_error(server):
    status, _, errors = run(f"{server.url}other")
    assert status == 1
    assert errors.endswith(": the server answered 404 Not Found\n")


# How the server's side can end, and begin: a server made by hand.


def test_a_message_right_after_the_handshake_is_shown(answer):
    process, _ = answer(encode_frame(TEXT, b"you are late", mask=False))
    assert process.stdout.readline() == b"you are late\n"


@pytest.mark.parametrize("status", [b"100 Continue", b"103 Early Hints"])
def test_an_interim_response_is_not_the_answer(answer, status):
    """The final response follows (RFC 9110 section 15.2)."""
    process, _ = answer(
        encode_frame(TEXT, b"welcome", mask=False), b"HTTP/1.1 %b\r\nLink: </a>\r\n\r\n" % status
    )
    assert process.stdout.readline() == b"welcome\n"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_localhost_may_be_either_address(start, host):
    port = start(host=host).url.rpartition(":")[2]
    assert run(f"localhost:{port}") == (0, b"", "")


def test_a_close_frame_without_a_code_is_no_lost_connection(answer):
    process, _ = answer(encode_frame(CLOSE, mask=False))
    assert process.wait(PATIENCE) == 1
    told = "msgproxy: the server closed the connection without giving a reason\n"
    assert complains(process, told)


def test_a_close_frame_without_a_code_confirms_that_everything_is_read(answer):
    process, connection = answer(b"")
    process.stdin.close()
    received = b""
    while len(received) < 6 + 2:  # a masked Close with its code
        received += connection.recv(100)
    connection.sendall(encode_frame(CLOSE, mask=False))
    assert process.wait(PATIENCE) == 0
    assert process.stderr.read() == b""


def test_a_lost_connection_is_an_error(answer):
    process, connection = answer(encode_frame(PING, mask=False))
    connection.shutdown(socket.SHUT_WR)
    assert process.wait(PATIENCE) == 1
    assert complains(process, "msgproxy: the connection to the server is lost\n")


@pytest.mark.parametrize(
    ("code", "reason", "told"),
    [
        (1000, "", "the server closed the connection"),
        (1001, "", "the server is going away"),
        (1013, "too \x1b slow", r"the server disconnected this client: too \x1b slow"),
        (4000, "why not", "the server closed the connection with code 4000: why not"),
    ],
)
def test_a_close_frame_of_the_server_is_explained_in_plain_words(answer, code, reason, told):
    payload = struct.pack("!H", code) + reason.encode()
    process, _ = answer(encode_frame(CLOSE, payload, mask=False))
    assert process.wait(PATIENCE) == 1
    assert complains(process, f"msgproxy: {told}\n")


def test_a_server_that_does_not_answer_the_close_frame_may_have_lost_something(answer):
    process, connection = answer(b"")
    process.stdin.write(b"did you get this?\n")
    process.stdin.close()
    received = b""
    while len(received) < 6 + 17 + 6 + 2:  # two masked frames: the line, and Close with its code
        received += connection.recv(100)
    connection.shutdown(socket.SHUT_WR)
    assert process.wait(PATIENCE) == 1
    assert complains(process, "msgproxy: the connection to the server is lost\n")
