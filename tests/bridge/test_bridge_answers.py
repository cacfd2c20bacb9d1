"""Answers that no Redis gives: something else listens there, or a proxy in between is broken."""

from __future__ import annotations

import socket
import threading
from contextlib import closing

import pytest
from clients import PATIENCE

pytest.importorskip("redis")

from msgproxy.bridge.address import parse
from msgproxy.bridge.stream import RedisConnection, RedisUnavailable
from msgproxy.concurrency.stop import StopSignal

ANSWERS = {
    "a number": b":7\r\n",
    "nothing": b"$-1\r\n",
    "a short list": b"*1\r\n$1\r\nx\r\n",
    "a list of numbers": b"*3\r\n:1\r\n:2\r\n:3\r\n",
    "no id": b"*2\r\n$17\r\nlast-generated-id\r\n$3\r\nabc\r\n",
    "an id of another type": b"*2\r\n$17\r\nlast-generated-id\r\n:5\r\n",
    "entries without an id": b"*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n$1\r\nx\r\n*0\r\n",
    "no Redis at all": b"HTTP/1.1 400 Bad Request\r\n\r\n",
}


@pytest.fixture(name="server")
def server_with_one_answer():
    """Answer each command with the same: `server(b":7\\r\\n")` returns its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(PATIENCE)
    threads = []

    def serve(answer: bytes) -> None:
        sock, _ = listener.accept()
        with sock:
            sock.settimeout(PATIENCE)
            while asked := sock.recv(1 << 16):
                commands = sum(line.startswith(b"*") for line in asked.split(b"\r\n"))
                sock.sendall(commands * answer)

    def start(answer: bytes) -> int:
        threads.append(threading.Thread(target=serve, args=(answer,)))
        threads[-1].start()
        return listener.getsockname()[1]

    yield start
    for thread in threads:
        thread.join(PATIENCE)
    listener.close()


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("ask", ["last_id", "now", "read"])
def test_an_answer_of_another_form_is_an_unavailable_redis(server, ask, answer) -> None:
    """So the bridge waits, and asks again. Any other exception would end it."""
    url = f"redis://127.0.0.1:{server(answer)}?stream=talk"
    with closing(StopSignal()) as stop, closing(RedisConnection(parse(url), stop)) as connection:
        if (ask, answer) == ("read", ANSWERS["nothing"]):
            connection.connect()
            assert connection.read(b"0-0", 0) == []  # that is what it says if there is no more
            return
        with pytest.raises(RedisUnavailable):
            talk(connection, ask)


def talk(connection: RedisConnection, ask: str) -> None:
    connection.connect()
    connection.read(b"0-0", 0) if ask == "read" else getattr(connection, ask)()
