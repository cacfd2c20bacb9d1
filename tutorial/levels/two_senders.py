"""Two senders, one socket

Ann and Bob both talk to Carol. Each thread sends a frame on Carol's
socket: first its header, then its body.

Afterwards: A frame stays whole only if no other thread sends on the socket
meanwhile.
Kind: break
Orders: 6, of which 4 break the promise
"""

from threading import Thread

socket = []


def send(header, body):
    socket.append(header)
    socket.append(body)


threads = [
    Thread(target=send, name="ann", args=("A", "a")),
    Thread(target=send, name="bob", args=("B", "b")),
]


def check():
    """Carol receives whole frames."""
    text = "".join(socket)
    assert text in ("AaBb", "BbAa"), f"Carol reads {text}: a torn frame"


if __name__ == "__main__":
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check()
