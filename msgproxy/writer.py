"""The writer: sends what is on one client's outbound queue.

Rule: only the writer sends to a client that has been accepted. So frames never mix. The writer
is also the last of a session's threads, and the one that closes the socket.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from msgproxy.concurrency import threads
from msgproxy.connection import Connection
from msgproxy.events import OutgoingBatch
from msgproxy.queues import BatchQueue
from msgproxy.snapshot import Traffic

log = logging.getLogger(__name__)


class Writer:
    """Takes from an outbound queue and sends, in a thread of its own."""

    def __init__(
        self,
        number: int,
        connection: Connection,
        outbound: BatchQueue[OutgoingBatch],
        traffic: Traffic,
        on_end: Callable[[], None],
    ) -> None:
        """When all has been sent, the writer waits for the reader, and then calls `on_end`."""
        self.thread = threads.new_thread(self.run, f"writer-{number}")
        self._connection = connection
        self._outbound = outbound
        self._traffic = traffic
        self._on_end = on_end

    # Called by the reader thread.

    def start(self) -> None:
        """Begin. Raise RuntimeError if the system gives no more threads."""
        self.thread.start()

    # The writer thread.

    def run(self) -> None:
        """Run the writer thread: send what is on the outbound queue, until the last of it.

        This is the only thread that sends to the client, so frames never mix.
        """
        try:
            self.write_loop()
            self._close_gracefully()
        except TimeoutError:
            log.warning("cut off: takes too little of what it is sent")
        except OSError as error:
            log.debug("cannot send: %s", error.strerror or error)  # its reader says why
        except Exception as error:
            threads.log_crash(log, error)
        finally:
            self._end()

    def write_loop(self) -> None:
        """Send everything, up to and including the last item."""
        is_last = False
        while not is_last:
            frames: list[bytes] = []
            messages = 0
            for batch in self._outbound.take_all():
                frames += batch.frames
                messages += len(batch.messages)
                is_last = batch.is_last
            self._traffic.bytes_out += self._connection.send(frames)
            self._traffic.messages_out += messages

    def _end(self) -> None:
        self._connection.abort()
        # Without a deadline: on the socket there is nothing left to wait for, and the broker takes
        # what the reader puts on the inbound queue. Until then the reader may still use the
        # socket, so it must not be closed.
        self._connection.wait_for_reader()
        self._on_end()

    def _close_gracefully(self) -> None:
        """Give the client the close timeout to hang up."""
        deadline = time.monotonic() + self._connection.close_timeout
        self._connection.finish_sending()
        # Usually the reader has ended by now. But that of a client that was cut off still reads.
        if self._connection.wait_for_reader(deadline - time.monotonic()):
            self._connection.linger(deadline)
