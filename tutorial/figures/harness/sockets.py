"""The sockets of a step: they note what crosses them, and bring Ctrl-C.

Rule: as for the other stand-ins. What the library's hidden thread does, only its socket can see.
"""

from __future__ import annotations

import socket
import threading
from typing import Any

from harness.notes import FINAL, FRAMES, Notebook


class Listener(socket.socket):
    """Accepts connections until Ctrl-C, and numbers the clients."""

    def __init__(self, notebook: Notebook, listening: socket.socket) -> None:
        super().__init__(fileno=listening.detach())
        self._notebook = notebook

    def accept(self) -> tuple[socket.socket, Any]:
        taken, address = super().accept()
        if self._notebook.is_interrupted:
            taken.close()
            raise KeyboardInterrupt
        return Socket(self._notebook, taken), address


class Socket(socket.socket):
    """Notes which thread sends, and which one hangs up."""

    def __init__(self, notebook: Notebook, taken: socket.socket) -> None:
        super().__init__(fileno=taken.detach())
        self._notebook = notebook
        notebook.newest += 1
        self.number = notebook.newest
        self.client = f"client {self.number}"

    def sendall(self, data: bytes, *flags: int) -> None:
        """Send in step 9 and later. That may take a while."""
        item = "" if data.startswith(b"HTTP") else self._notebook.item(data)
        self._notebook.note("sends", item, self.client)
        super().sendall(data, *flags)
        self._notebook.note("sent", item, self.client)

    def send(self, data: bytes, *flags: int) -> int:
        """Send as the library does until step 8. That may fail."""
        self._note_hidden("writes", data)
        try:
            sent = super().send(data, *flags)
        except OSError:
            self._note_hidden("cannot write", data)
            raise
        self._note_hidden("wrote", data)
        return sent

    def recv(self, size: int, *flags: int) -> bytes:
        """Receive, and note a ping, a pong or a Close frame."""
        data = super().recv(size, *flags)
        self._note_hidden("reads", data)
        return data

    def shutdown(self, how: int) -> None:
        """End the connection, which wakes every thread that waits in it; or just stop sending."""
        if how == socket.SHUT_RDWR:
            self._notebook.note("hangs up", whom=self.client)
        elif threading.current_thread().name == f"writer-{self.number}":
            self._notebook.queues[self.number].done()
        super().shutdown(how)

    def _note_hidden(self, act: str, data: bytes) -> None:
        """Note a frame of the hidden thread: the WebSocket notes what other threads do."""
        name = FRAMES.get(data[0] & 0x0F) if data and data[0] & FINAL else None
        if name and threading.current_thread().name == f"hidden-{self.number}":
            self._notebook.note(act, name, self.client)
