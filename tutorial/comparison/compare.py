"""Threads and tasks, side by side: the same load for three servers, in turns.

    python tutorial/comparison/compare.py > tutorial/comparison/results.txt

Rule: only ratios within one run count, and nothing is asserted. The servers take turns of a
fraction of a second, so whatever else the machine does hits all of them.

A *latency* is the time from sending a message, with nothing else going on, until one other client
has it. *Deliveries* are counted while one client sends bursts, each when all have the last one.
"""

import contextlib
import os
import platform
import re
import selectors
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

TOP = Path(__file__).parents[2]
SERVERS = {
    "threads": ["tutorial/steps/step10_stopping.py", "--port", "0"],
    "tasks": ["tutorial/comparison/asyncio_proxy.py", "--port", "0"],
    "msgproxy": ["-m", "msgproxy", "serve", "--port", "0", "--log-level", "error"],
}
ABOUT = """\
threads   step10_stopping.py: two threads for each client, a message at a time
tasks     asyncio_proxy.py: two tasks for each client, a message at a time
msgproxy  the package: threads, but all waiting messages at a time, encoded once"""

CROWDS = (2, 20, 100)  # clients
TURNS = 2  # of each server, for each number of clients
SECONDS = 0.25  # of each measurement in a turn
PAUSE = 0.004  # seconds between messages whose latency is measured
BURST = 50  # messages; each server lets more than that wait for a client
PATIENCE = 20.0  # seconds to wait for anything
FRAME = b"\x81\x3c" + b"x" * 60  # as servers send it, without a mask
MASKED = b"\x81\xbc\0\0\0\0" + b"x" * 60  # as clients send it; a mask of zeros changes nothing
HELLO = b"\x81\x05hello"  # what is said until all have joined; it may come late, and never counts
MASKED_HELLO = b"\x81\x85\0\0\0\0hello"
REQUEST = (
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
)


class Client:
    """A connection that counts the messages that it has received."""

    def __init__(self, port: int) -> None:
        self.has_joined = False
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(REQUEST % port)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.socket.recv(4096)
        self.unread = answer.partition(b"\r\n\r\n")[2]

    def receive(self) -> int:
        """Receive what has come, and return how many messages that was."""
        if not (data := self.socket.recv(1 << 18)):
            raise SystemExit("a server closed a connection")
        self.unread += data
        self.has_joined = self.has_joined or HELLO in self.unread
        count = self.unread.count(FRAME)
        rest = self.unread.replace(FRAME, b"").replace(HELLO, b"")
        if rest[:1] == b"\x89" and len(rest) >= 2 and len(rest) >= 2 + rest[1]:  # a ping
            pong = bytes([0x8A, 0x80 | rest[1], 0, 0, 0, 0])
            self.socket.sendall(pong + rest[2 : 2 + rest[1]])
            rest = rest[2 + rest[1] :]
        self.unread = rest
        return count


class Crowd:
    """All clients of one server. The first one sends, and the others listen."""

    def __init__(self, port: int, count: int) -> None:
        self.clients = [Client(port) for _ in range(count)]
        self.speaker, *self.listeners = self.clients
        self.selector = selectors.DefaultSelector()
        for client in self.clients:
            self.selector.register(client.socket, selectors.EVENT_READ, client)
        self.gather()

    def gather(self) -> None:
        """Say hello until all have heard it: a connected client may not have joined yet."""
        end = time.perf_counter() + PATIENCE
        while not all(client.has_joined for client in self.listeners):
            if time.perf_counter() > end:
                raise SystemExit("a server does not deliver what it should")
            self.speaker.socket.sendall(MASKED_HELLO)
            while ready := self.selector.select(0.05):  # until all is quiet
                for key, _ in ready:
                    key.data.receive()

    def close(self) -> None:
        self.selector.close()
        for client in self.clients:
            client.socket.close()

    def say(self, count: int) -> list[float]:
        """Send messages; return after how many seconds each listener had the last of them."""
        missing = dict.fromkeys(self.listeners, count)
        delays = []
        start = time.perf_counter()
        self.speaker.socket.sendall(MASKED * count)
        while missing:
            ready = self.selector.select(PATIENCE)
            if not ready or time.perf_counter() - start > PATIENCE:
                raise SystemExit("a server does not deliver what it should")
            for key, _ in ready:
                received = key.data.receive()
                if received and (left := missing[key.data] - received):
                    missing[key.data] = left
                elif received:
                    del missing[key.data]
                    delays.append(time.perf_counter() - start)
        return delays

    def latencies(self) -> list[float]:
        """Send messages one at a time; return their latencies in seconds."""
        delays, end = [], time.perf_counter() + SECONDS
        while time.perf_counter() < end:
            delays += self.say(1)
            time.sleep(PAUSE)
        return delays

    def throughput(self) -> float:
        """Send bursts; return the deliveries per second."""
        bursts, start = 0, time.perf_counter()
        while (passed := time.perf_counter() - start) < SECONDS:
            self.say(BURST)
            bursts += 1
        return bursts * BURST * len(self.listeners) / passed


@contextlib.contextmanager
def running(command: list[str]) -> Iterator[int]:
    """Run a server as long as the block lasts; yield its port."""
    server = subprocess.Popen(
        [sys.executable, *command],
        cwd=TOP,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # so Ctrl-C reaches this process alone, which then ends it
    )
    try:
        line = server.stdout.readline()
        if not (match := re.search(r"127\.0\.0\.1:(\d+)/", line)):
            raise SystemExit(f"{command[0]} did not start")
        yield int(match[1])
    finally:
        server.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(PATIENCE)
        server.kill()
        server.communicate()


def measure(ports: dict[str, int], count: int) -> None:
    """Measure all servers with that many clients, and print a row for each."""
    delays: dict[str, list[float]] = {name: [] for name in ports}
    speeds: dict[str, list[float]] = {name: [] for name in ports}
    for _ in range(TURNS):
        for name, port in ports.items():
            with contextlib.closing(Crowd(port, count)) as crowd:
                delays[name] += crowd.latencies()
                speeds[name].append(crowd.throughput())
    for name in ports:
        hundredths = statistics.quantiles(delays[name], n=100)
        p50, p99 = hundredths[49] * 1000, hundredths[98] * 1000
        speed = statistics.median(speeds[name])
        print(f"{count:7}  {name:9}{p50:9.2f}{p99:9.2f}{speed:14,.0f}", flush=True)


def main() -> None:
    """Start all servers, and measure them with each number of clients."""
    print(ABOUT, end="\n\n")
    print("clients  server     p50 ms   p99 ms  deliveries/s")
    with contextlib.ExitStack() as stack:
        ports = {name: stack.enter_context(running(c)) for name, c in SERVERS.items()}
        for count in CROWDS:
            measure(ports, count)
    machine = f"{platform.system()}, {os.cpu_count()} cores"
    print(f"\nPython {platform.python_version()}, {machine}; one run")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the same as Ctrl-C
    try:
        main()
    except (KeyboardInterrupt, OSError) as error:
        sys.exit(f"stopped: {error!r}")
