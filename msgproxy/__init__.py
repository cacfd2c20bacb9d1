"""A threaded WebSocket message proxy, to learn concurrency from.

Every message that a client sends is forwarded to every other client.

The path of a message
=====================

::

    reader-1 ─┐                                      ┌─► outbound-1 ─► writer-1 ─► client 1
    reader-2 ─┼─► inbound (one queue) ─► broker ─────┼─► outbound-2 ─► writer-2 ─► client 2
    reader-3 ─┘                                      └─► outbound-3 ─► writer-3 ─► client 3

To read it in one sitting: `Connection.receive` makes messages of bytes, `Session._pass_on`
puts them on the inbound queue, `Broker.handle` takes them and `Broker._forward` puts frames on
the outbound queues, `Writer._send_all` takes those, and `Connection.send` sends the bytes.

Threads meet only at queues: there they say everything that they have to say to each other. So
whoever wants to see, record, reorder or limit what crosses between them gives the server other
queues (`Queues`), and changes nothing else. Besides, a thread can be stopped, by `StopSignal` or
`Connection.abort`, and it can be looked at: at numbers that it alone writes (`Traffic`, `Pulse`),
and at the tuple of sessions of which the broker makes a new one at each change.

Who owns what
=============

=========  ========================  ========================================================
thread     runs                      owns (no other thread touches it)
=========  ========================  ========================================================
accept     `Acceptor.run`            the listener, the set of all sessions
reader-n   `Session._run_reader`     the receiving half of a connection, with the parsers
broker     `Broker.run`              the set of sessions that have joined
writer-n   `Writer.run`              the sending half of a connection; when its reader has
                                     ended, the other half too
reader-0   `Bridge._run_reader`      the connection that reads the stream, and the place on it
writer-0   `Bridge._run_writer`      the connection that adds to it, and the count of what was
                                     added
=========  ========================  ========================================================

(The last two are there with a bridge only.)

What is on a queue is immutable, so it has no owner. Under `python -X dev`, methods marked with
`ownership.owned_by` refuse any other thread. How each thread ends stands in `acceptor.py`.

The words
=========

client
    The program at the other end. There is no class of this name.
session
    The server's side of one client, from the accepted socket to the farewell.
connection
    A socket, and the state of what is spoken on it.
broker
    Knows all sessions that have joined, and forwards messages.
inbound, outbound
    The queues, seen from the server.
bridge
    Takes part like one more client, for the clients of all other instances.
message, frame
    What a client said, `str` or `bytes`; and its bytes on the wire.

Imports run one way: `cli`, `serve`, `server`, `acceptor`, `broker`, `session`, `writer`,
`connection`, `pulse`, `wire`, `handshake`; below these stand the modules of one idea each
(`queues`, `stop`, `threads`, `ownership`, `names`, `page`), and below all `limits`, `events`,
`snapshot`, `errors`.

Who wants to see more gives the server other queues. `recorded` notes what crosses a queue,
`recording` keeps it (as `hops`), `trace` streams it to viewers, and `picture` draws it;
`schedule` decides who goes next. The server knows none of them. Who wants more than one machine
has a `bridge`; without one, nothing of it is imported but how its address is read (`redis_url`).

The clients stand beside the server and use none of it: `chat` (with `link` and `terminal`),
`watch` (with `board` and `table`), and `check`. (But what `watch` is told has the server's own
form, a `ClientSnapshot`.)
"""

from msgproxy.errors import CannotListen, InvalidOption, MsgproxyError, ServerFailed
from msgproxy.limits import Limits
from msgproxy.queues import BatchQueue, InboundQueue, OutboundQueue, Queues
from msgproxy.server import Server
from msgproxy.snapshot import ClientSnapshot, Snapshot
from msgproxy.tracing.recording import Recording

__all__ = [
    "BatchQueue",
    "CannotListen",
    "ClientSnapshot",
    "InboundQueue",
    "InvalidOption",
    "Limits",
    "MsgproxyError",
    "OutboundQueue",
    "Queues",
    "Recording",
    "Server",
    "ServerFailed",
    "Snapshot",
]

__version__ = "0.1.0"
