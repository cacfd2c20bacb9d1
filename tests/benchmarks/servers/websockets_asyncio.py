"""The library websockets on asyncio, with the `broadcast` that its documentation recommends.

One thread does everything; `broadcast` writes to each client's buffer and waits for nobody.
"""

import asyncio

from websockets.asyncio.server import ServerConnection, broadcast, serve

connected: set[ServerConnection] = set()


async def forward(websocket: ServerConnection) -> None:
    """Forward what one client says to all others."""
    connected.add(websocket)
    try:
        async for message in websocket:
            broadcast(connected - {websocket}, message)
    finally:
        connected.remove(websocket)


async def main() -> None:
    """Serve until killed."""
    async with serve(forward, "127.0.0.1", 0, compression=None) as server:
        print(f"ready: http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", flush=True)
        await server.serve_forever()


asyncio.run(main())
