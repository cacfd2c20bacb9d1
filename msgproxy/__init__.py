"""A threaded WebSocket message proxy, to learn concurrency from.

Every message that a client sends is forwarded to every other client.

**The modules in this folder are the proxy. Its subfolders are the parts around it.**

The path of a message
=====================

::

    reader-1 ─┐                                      ┌─► outbound-1 ─► writer-1 ─► client 1
    reader-2 ─┼─► inbound (one queue) ─► broker ─────┼─► outbound-2 ─► writer-2 ─► client 2
    reader-3 ─┘                                      └─► outbound-3 ─► writer-3 ─► client 3

To read it in one sitting:

1. `Connection.receive` waits for bytes, and `FrameParser.feed` makes messages of them.
2. `Reader.read_loop` puts each message on the inbound queue.
3. `Broker.run` takes everything that waits; `Broker._forward` encodes each message once, and puts
   the frames on the outbound queue of every other client.
4. `Writer.write_loop` takes everything that waits, and `Connection.send` sends it.

The path of a stop
==================

`Server.close` sets the signal. The accepting thread wakes up and runs `Acceptor._shut_down`: it
closes the listener, joins the readers, puts `Stopped`, joins the broker, joins the writers. Each of
them ends for its own reason: a reader sees the signal, the broker takes `Stopped`, a writer sends
the Close frame that the broker has put. `acceptor.py` has the table of who waits for what, and who
ends whom.

Threads meet only at queues
===========================

Whatever threads have to tell each other, they put on a queue. So to see, record, reorder or limit
what crosses between them, give the server other queues (`Queues`), and change nothing else. There
are four exceptions, none of which carries a message:

* a thread can be interrupted: by `StopSignal`, by `Wakeup`, or by `Connection.abort`;
* some numbers are written by one thread, and any thread may look at them: `Traffic`, the two
  moments of `Keepalive`, `has_failed`;
* the broker replaces the tuple `Broker.joined` at each change, and any thread may look at it;
* `Observers.active` is replaced when somebody begins to watch, or stops.

Who owns what
=============

=========  ====================  ============================================================
thread     runs                  owns (no other thread touches it)
=========  ====================  ============================================================
accept     `Acceptor.run`        the listener, the set of all clients
reader-n   `Reader.run`          the receiving half of a connection, with the parsers; until
                                 the client is accepted, the sending half too
broker     `Broker.run`          the set of sessions that have joined
writer-n   `Writer.run`          the sending half of a connection; when its reader has ended,
                                 the receiving half too
reader-0   `Bridge._run_reader`  the connection that reads the stream, and the place on it
writer-0   `Bridge._run_writer`  the connection that adds to it, and the count of what was
                                 added
=========  ====================  ============================================================

(The last two exist only with a bridge.)

What is on a queue is immutable, so it has no owner. Under `python -X dev`, methods marked with
`ownership.owned_by` refuse every thread but their owner.

The words
=========

client
    The program at the other end. There is no class of this name.
connection
    A socket, and the state of what is spoken on it.
session
    The server's side of one accepted client: its outbound queue, its counters, its writer.
viewer
    A session that only watches. The broker does not know it.
broker
    Knows all sessions that have joined, and forwards messages.
inbound, outbound
    The queues, seen from the server.
message, frame
    What a client said, `str` or `bytes`; and its bytes on the wire.
hop
    One step of a message from thread to thread, as a recording notes it.
bridge
    A session that speaks for the clients of all other instances.

The folders
===========

=============  ==========================================================================
`protocol`     bytes and their meaning: HTTP, frames, the handshake, hosts, keepalive
`concurrency`  the stop signal, starting and joining threads, checks of ownership
`tracing`      queues that record what crosses them, and what viewers are shown
`schedule`     queues at which a schedule decides which thread goes next
`picture`      recordings as SVG, JSON and trace events
`bridge`       several instances, joined by a Redis stream
`web`          the demo page
`cli`          the commands
`terminal`     what the terminal clients share
`check`        a checker of any server, from outside
=============  ==========================================================================

Imports run one way: `cli`; `check`, `terminal`, `picture`; `server`, `acceptor`, `broker`,
`reader`, `session`, `writer`, `admission`, `connection`; `tracing`, `schedule`, `bridge`;
`queues`, `observers`; `protocol`, `concurrency`; `events`, `limits`, `snapshot`, `errors`. The
server imports neither `tracing` nor `schedule`: it is given queues. It imports `bridge` only when
it gets the address of one.
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
