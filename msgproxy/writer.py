"""The writer: sends what stands on one client's outbound queue.

Rule: only the writer thread sends to a client that has come in. So frames never mix; and as the
last of a session's threads, it is the one that closes the socket.
"""

from __future__ import annotations

import logging
import queue
import time
from collections.abc import Callable
from threading import Thread
from typing import Any

from msgproxy.concurrency import threads
from msgproxy.connection import Connection
from msgproxy.events import Outgoing
from msgproxy.snapshot import Traffic

log = logging.getLogger(__name__)


class Writer:
    """Takes from an outbound queue and sends, in a thread of its own."""

    def __init__(self, number: int, connection: Connection, traffic: Traffic) -> None:
        self.outbound: queue.Queue[Any]
        """Set before the thread starts, and never after."""
        self.thread = threads.make(self.run, f"writer-{number}")
        self._connection = connection
        self._traffic = traffic

    # Called by the reader thread.

    def start(self, reader: Thread, close: Callable[[], None], close_timeout: float) -> None:
        """Begin. Raise RuntimeError if the system gives no more threads.

        When all has been sent, it waits for `reader`, and then calls `close`.
        """
        self._reader = reader
        self._close = close
        self._close_timeout = close_timeout
        self.thread.start()

    # Called by the reader thread and by the broker thread.

    def put(self, outgoing: Outgoing) -> bool:
        """Put on the queue, without waiting; return False if there is no room."""
        try:
            self.outbound.put_nowait(outgoing)
        except queue.Full:
            return False
        return True

    # The writer thread.

    def run(self) -> None:
        """Run the writer thread: send what stands on the outbound queue, until the last of it.

        This is the only thread that sends to the client, so frames never mix. It outlives the
        reader, for which it waits in the end.
        """
        try:
            self._send_all()
        except TimeoutError:
            log.warning("cut off: takes too little of what it is sent")
            self._connection.abort()
        except OSError as error:
            log.info("cannot send: %s", error.strerror or error)
            self._connection.abort()
        except Exception as error:
            threads.report_death(log, error)
            self._connection.abort()
        finally:
            self._part()

    def _send_all(self) -> None:
        is_last = False
        while not is_last:
            batch: list[Outgoing] = self.outbound.get()
            is_last = batch[-1].is_last
            size = self._connection.send([frame for item in batch for frame in item.frames])
            self._traffic.went_out(sum(len(item.messages) for item in batch), size)

    def _part(self) -> None:
        """Give the client the close timeout to hang up, then close the socket."""
        deadline = time.monotonic() + self._close_timeout
        self._connection.finish_sending()
        # As a rule the reader has ended by now. But that of a client that was cut off still reads.
        if threads.join(self._reader, deadline):
            self._connection.linger(deadline)
        self._connection.abort()
        # Without a deadline: on the socket nothing can be waited for any more, and what it puts
        # on the inbound queue, the broker takes. The socket must not be closed before.
        self._reader.join()
        self._close()
