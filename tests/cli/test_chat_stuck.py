"""`msgproxy chat` in the middle of a message, while the server does not read: it arrives whole."""

from __future__ import annotations

import array
import signal
import socket
import time
from typing import BinaryIO

import pytest
from clients import CLOSE, PING, PONG, PROGRAM_PATIENCE, TEXT, encode_frame, wait_for

fcntl = pytest.importorskip("fcntl", reason="no system with job control")
termios = pytest.importorskip("termios")

LONG = b"x" * 16_000_000
"""A line that has to wait for the server: it is more than all buffers on the way can take."""


@pytest.fixture
def stuck(answer):
    """A chat that is in the middle of a message, and a server that does not read."""
    process, connection = answer(b"")
    process.stdin.write(LONG + b"\n")
    process.stdin.flush()
    wait_for(lambda: waiting_in(connection), "the message to begin", PROGRAM_PATIENCE)
    before = 0
    while (unread := waiting_in(connection)) != before:
        before = unread
        time.sleep(0.3)
    assert unread < len(LONG)
    with connection.makefile("rb") as stream:
        yield process, connection, stream


def waiting_in(connection: socket.socket) -> int:
    """Return how many bytes have arrived and were not read."""
    count = array.array("i", [0])
    fcntl.ioctl(connection, termios.FIONREAD, count)
    return count[0]


def read_frame(stream: BinaryIO) -> tuple[int, bytes]:
    """Read a client's frame, to its end or that of the stream; return its opcode and payload."""
    first, second = stream.read(2)
    extended = {126: 2, 127: 8}.get(second & 0x7F, 0)
    length = int.from_bytes(stream.read(extended), "big") if extended else second & 0x7F
    key, payload = stream.read(4), bytearray(stream.read(length))
    for place, byte in enumerate(key):
        payload[place::4] = payload[place::4].translate(bytes(n ^ byte for n in range(256)))
    return first & 0x0F, bytes(payload)


def test_a_message_is_whole_though_chat_was_suspended_in_it(stuck):
    """With Ctrl-Z and `fg`. The system then says that it has sent a part."""
    process, connection, stream = stuck
    process.send_signal(signal.SIGSTOP)
    process.send_signal(signal.SIGCONT)
    process.stdin.close()
    assert read_frame(stream) == (TEXT, LONG)
    assert read_frame(stream)[0] == CLOSE
    connection.sendall(encode_frame(CLOSE, b"\x03\xe8", mask=False))
    assert process.wait(PROGRAM_PATIENCE) == 0


def test_a_pong_does_not_come_in_the_middle_of_a_message(stuck):
    """A server may send a ping whenever it likes."""
    process, connection, stream = stuck
    connection.sendall(encode_frame(PING, b"are you there?", mask=False))
    time.sleep(0.5)  # a pong that came too early would be in it now
    assert read_frame(stream) == (TEXT, LONG)
    assert read_frame(stream) == (PONG, b"are you there?")
    process.kill()


def test_ctrl_c_in_the_middle_of_a_message_ends_the_connection(stuck):
    """No Close frame follows a part of a message: the server could not tell it from the rest."""
    process, _, stream = stuck
    process.send_signal(signal.SIGINT)
    _, payload = read_frame(stream)
    assert LONG.startswith(payload)
    assert len(payload) < len(LONG)
    assert process.wait(PROGRAM_PATIENCE) == 130
