"""The proxy with tasks instead of threads: what its clients see.

It is held to the same as a step of the tutorial: these are the behaviours, on raw sockets.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import struct
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from clients import BINARY, CLOSE, PATIENCE, PING, PONG, TEXT, RawClient

pytestmark = pytest.mark.extra("programs of the tutorial")

TASKS = Path(__file__).parents[2] / "tutorial" / "comparison"
LARGE = bytes(1_000_000)


class ProxyProcess:
    """The program, until the end of the `with` block at the latest."""

    def __init__(self, *options: str) -> None:
        command = [sys.executable, "-X", "dev", str(TASKS / "asyncio_proxy.py"), *options]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True)
        line = self.process.stdout.readline()
        match = re.fullmatch(r"ready: (ws://127\.0\.0\.1:\d+/)\n", line)
        assert match, line + self.process.stderr.read()
        self.url = match[1]
        self.log = ""

    def __enter__(self) -> ProxyProcess:
        return self

    def __exit__(self, *_) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate(timeout=PATIENCE)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        _, self.log = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode


class LiveClient(RawClient):
    """A client that answers pings while it receives, as a real one does."""

    def receive_frame(self) -> tuple[bool, int, bytes]:
        frame = super().receive_frame()
        if frame[1] == PING:
            self.send_frame(PONG, frame[2])
        return frame


@pytest.fixture
def proxy():
    with ProxyProcess("--port", "0") as process:
        yield process


@pytest.fixture
def join(proxy):
    clients = []

    def join_one(kind=LiveClient, **kwargs) -> RawClient:
        clients.append(kind(proxy.url, **kwargs))
        return clients[-1]

    yield join_one
    for client in clients:
        client.close()


def test_forwards_to_all_others_what_was_said(join) -> None:
    ann, bob, cem = (join() for _ in range(3))
    for message in ("text", "", b"binary", b"", "ünïcödé"):
        ann.send(message)
    ann.send_frame(TEXT, b"in two ", fin=False)
    ann.send_frame(0, b"pieces")
    for client in (bob, cem):
        heard = [client.receive() for _ in range(6)]
        assert heard == ["text", "", b"binary", b"", "ünïcödé", "in two pieces"]
    bob.send("answer")
    assert ann.receive() == "answer"  # and nothing of its own came before that


def test_one_order_for_all(join) -> None:
    speakers = [join() for _ in range(3)]
    listeners = [join() for _ in range(2)]
    each = 60

    def speak(number: int) -> None:
        for count in range(each):
            speakers[number].send(f"{number} {count}")

    threads = [threading.Thread(target=speak, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    heard = [[listener.receive() for _ in range(3 * each)] for listener in listeners]
    for thread in threads:
        thread.join(PATIENCE)
    assert heard[0] == heard[1]
    for number in range(3):
        own = [message for message in heard[0] if message.startswith(f"{number} ")]
        assert own == [f"{number} {count}" for count in range(each)]


def test_cuts_off_a_client_that_never_reads_and_no_other(proxy, join) -> None:
    mute = join(RawClient, receive_buffer=4096)
    ann, bob = join(), join()
    block = bytes(64 * 1024)
    for count in range(500):  # more than the queue of 256 and all buffers take
        ann.send(struct.pack("!I", count) + block)
        assert bob.receive()[:4] == struct.pack("!I", count)
        bob.send("got it")
        assert ann.receive() == "got it"  # while she receives, she answers pings
    # The connection ends without a word. On a busy machine, a ping may be due before that.
    with contextlib.suppress(EOFError, ConnectionResetError):
        assert mute.receive_close()[0] == 1011
    ann.close()
    bob.close()
    assert proxy.stop() == 0
    # On a busy machine it is the writer that gives up first, for one message that nobody takes.
    assert proxy.log.count("cut off a client") <= 1, proxy.log
    assert "Traceback" not in proxy.log


def test_a_pong_lands_between_frames(join) -> None:
    ann, bob = join(), join()
    large = os.urandom(1000) * 1000
    ann.send(large)
    bob.send_frame(PING, b"are you there?")
    frames = [bob.receive_frame()[1:] for _ in range(2)]
    assert sorted(frames) == [(BINARY, large), (PONG, b"are you there?")]


def test_limits_the_size(join) -> None:
    ann = join()
    ann.send(bytes(2**20 + 1))
    assert ann.receive_close()[0] == 1009


def test_notices_silence(join) -> None:
    mute = join(RawClient)  # answers no ping
    assert mute.receive_close()[0] == 1011


def test_sigint_sends_a_close_frame_to_all_and_ends_in_time(proxy, join) -> None:
    ann, bob = join(), join()
    mute = join(RawClient, receive_buffer=4096)
    for _ in range(10):  # so that for the mute one much is waiting
        ann.send(LARGE)
        bob.receive()
    ann.send("the last word")
    assert bob.receive() == "the last word"  # so all of it has been forwarded
    stopped = threading.Thread(target=proxy.stop)
    stopped.start()
    for client in (ann, bob):
        assert client.receive_close()[0] == 1001
        client.send_frame(CLOSE, struct.pack("!H", 1001))
    stopped.join(2 * PATIENCE)
    assert proxy.process.returncode == 0
    assert "Traceback" not in proxy.log
    mute.close()
