"""Record bug 14, in a run in which client 1 does not receive what client 2 has said."""

import time

from bug14 import UrgentQueues
from simple_websocket import Client
from wsproto.events import CloseConnection, TextMessage

from msgproxy import Recording, Server

DEADLINE = 60.0  # seconds


def record():
    """Let client 2 say one line and leave. Return the hops, and what the broker took with it."""
    recording = Recording(UrgentQueues())
    with Server(port=0, queues=recording) as server:
        url = server.url.replace("http", "ws")
        listener = Client(url)
        wait_for(recording, "joined 1")
        client = Client(url)
        line = client.ws.send(TextMessage("done")) + client.ws.send(CloseConnection(1000))
        client.sock.sendall(line)  # both at once, as from a script that is in a hurry
        taken = wait_for(recording, "left 2")
        listener.close()
    return recording.hops(), taken


def wait_for(recording, item):
    """Wait until the broker takes an item. Return all that it takes with it."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        for hop in recording.hops():
            if hop.act == "got" and item in hop.items:
                return hop.items
        time.sleep(0.01)
    raise TimeoutError(f"the broker does not take {item!r}")


def main():
    end = time.monotonic() + DEADLINE
    hops, taken = record()
    while len(taken) == 1:  # the broker was quick: it took the line before the client left
        if time.monotonic() > end:
            raise TimeoutError("the line was never lost")
        hops, taken = record()
    start = next(hop.time for hop in hops if hop.act == "received")
    for hop in hops:
        if hop.time >= start:
            time_since = f"{(hop.time - start) // 1000} µs"
            what = f"{hop.thread:8}  {hop.act:8}  {hop.queue:10}"
            print(f"{time_since:>9}  {what}  {', '.join(map(str, hop.items))}")
            if hop.thread == "writer-2" and "close" in hop.items:
                break  # the rest is about the listener, and the server


if __name__ == "__main__":
    main()
