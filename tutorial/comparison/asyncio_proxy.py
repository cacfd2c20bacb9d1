"""The same proxy with tasks: `asyncio` runs them, and `websockets` speaks the protocol.

Rule: tasks meet only at queues, as threads do in `msgproxy`. But all of them run in one thread,
and another task gets its turn only where one has to wait at an `await`.
"""

import argparse
import asyncio
import logging
import signal
from collections import namedtuple
from contextlib import suppress

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

INBOUND, OUTBOUND = 128, 256  # messages; the broker may take all of one before a writer runs
PATIENCE = 2.0  # seconds: of silence until a ping, for its answer, to take a message or Close frame
TIMES = dict.fromkeys(("ping_interval", "ping_timeout", "close_timeout"), PATIENCE)

inbound = asyncio.Queue(INBOUND)  # what has happened: the readers put it there
Client = namedtuple("Client", "outbound writer")  # a queue, and the task that takes from it
Joined = namedtuple("Joined", "client")
Received = namedtuple("Received", "client message")
Left = namedtuple("Left", "client")
Stopped = namedtuple("Stopped", "")


async def run_reader(websocket):
    """Pass on what one client says. `websockets` makes a task of this for each client."""
    async with asyncio.TaskGroup() as group:  # it does not end before the writer
        outbound = asyncio.Queue()
        client = Client(outbound, group.create_task(run_writer(outbound, websocket)))
        await inbound.put(Joined(client))
        with suppress(ConnectionClosed):
            async for message in websocket:
                await inbound.put(Received(client, message))  # waits for room
        await inbound.put(Left(client))


async def run_writer(outbound, websocket):
    """Send one client what is put on its queue. A close code, an `int`, is the last of it."""
    try:
        with suppress(ConnectionClosed, TimeoutError):  # the reader notices, too
            while not isinstance(item := await outbound.get(), int):
                async with asyncio.timeout(PATIENCE):
                    await websocket.send(item)
            await websocket.close(item)
    finally:
        websocket.transport.abort()  # wherever it was cancelled; after a proper close, no more


async def run_broker():
    """Take what has happened, one thing after the other: so there is one order for all."""
    clients = set()  # everyone who is here
    while True:
        match await inbound.get():
            case Joined(client):
                clients.add(client)
            case Received(sender, message):
                forward(message, clients - {sender})
            case Left(client):
                clients.discard(client)
                client.outbound.put_nowait(1000)
            case Stopped():
                for client in clients:
                    client.outbound.put_nowait(1001)


def forward(message, clients):
    """Put a message on outbound queues. Do not wait: cut off each client whose queue is full."""
    for client in clients:
        client.outbound.put_nowait(message)
        if client.outbound.qsize() == OUTBOUND:
            logging.warning("cut off a client: too slow, its queue is full")
            client.writer.cancel()  # its reader notices, and says so: then the broker drops it


async def main(port):
    """Serve until Ctrl-C; then let everyone have what waits for them, and a Close frame."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    signal.signal(signal.SIGINT, lambda *_: loop.call_soon_threadsafe(stop.set))
    server = await serve(run_reader, "127.0.0.1", port, compression=None, max_size=2**20, **TIMES)
    broker = asyncio.create_task(run_broker())
    print(f"ready: ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/", flush=True)
    await stop.wait()
    server.close(close_connections=False)
    await inbound.put(Stopped())
    await asyncio.wait({asyncio.create_task(server.wait_closed())}, timeout=PATIENCE)
    broker.cancel()  # and every task that is late, wherever it waits: `asyncio.run` cancels all


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8765)
    try:
        asyncio.run(main(parser.parse_args().port))
    except (OSError, OverflowError) as error:
        raise SystemExit(f"cannot listen: {error}") from None
